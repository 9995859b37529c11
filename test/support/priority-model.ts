import type { TenantSettings } from '../../src/tenants/tenant-requests.js';

export type Weights = Required<
  Pick<TenantSettings, 'alpha' | 'beta' | 'maxMessageCount' | 'maxDelayMinutes' | 'delayBasis' | 'countBasis'>
>;

/** A waiting conversation. Times in whole microseconds since 1970. */
export interface Waiting {
  id: string;
  messageCount: number;
  /** Those since the customer began to wait. */
  waitingMessageCount: number;
  lastMessageAt: bigint;
  waitingSince: bigint;
  /** Its own boost and that of its inbox. */
  boostMinutes: number;
}

/**
 * Orders by the formula of the product without rounding: best first, then older basis, then id.
 * @param at the moment of the choice, in microseconds
 */
export function ranked<Row extends Waiting>(rows: readonly Row[], weights: Weights, at: bigint): Row[] {
  const entries = rows.map((row) => ({
    row,
    score: exactScore(row, weights, at),
    basis: basisOf(row, weights),
  }));
  entries.sort(
    (a, b) => compare(b.score, a.score) || compare(a.basis, b.basis) || compare(a.row.id, b.row.id),
  );
  return entries.map(({ row }) => row);
}

/** The score as shown to callers. */
export function score(row: Waiting, weights: Weights, at: bigint): number {
  const { maxMessageCount, maxDelayMinutes } = weights;
  return Number(exactScore(row, weights, at)) / SCALE / maxMessageCount / unitOfDelay(maxDelayMinutes);
}

/** The score times SCALE · maxMessageCount · the unit of the delay, which makes it a whole number. */
function exactScore(row: Waiting, weights: Weights, at: bigint): bigint {
  const { maxMessageCount, maxDelayMinutes, countBasis } = weights;
  const messages = countBasis === 'TOTAL' ? row.messageCount : row.waitingMessageCount;
  const unit = BigInt(unitOfDelay(maxDelayMinutes));
  const count = BigInt(Math.min(messages, maxMessageCount));
  const waited = at - basisOf(row, weights);
  const delay = maxDelayMinutes !== null && waited > unit ? unit : waited;
  const boosted = delay + BigInt(row.boostMinutes) * 60_000_000n;
  return whole(weights.alpha) * count * unit + whole(weights.beta) * boosted * BigInt(maxMessageCount);
}

const SCALE = 1_000_000;

function whole(weight: number): bigint {
  return BigInt(Math.round(weight * SCALE));
}

/** The delay that counts as 1, in microseconds. */
/** The score of a microsecond of delay below the cap. */
export function scoreOfMicrosecond({ beta, maxDelayMinutes }: Weights): number {
  return beta / unitOfDelay(maxDelayMinutes);
}

function unitOfDelay(maxDelayMinutes: number | null): number {
  return (maxDelayMinutes ?? 1440) * 60_000_000;
}

function basisOf(row: Waiting, { delayBasis }: Weights): bigint {
  return delayBasis === 'WAITING_SINCE' ? row.waitingSince : row.lastMessageAt;
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
