import { TEAM } from './demo-team.js';
import { claimed, created, given, reassigned, resolved, spam, type Step, type Story } from './story.js';

const HOUR = 3600;
const CONVERSATIONS = 360;
/** How many conversations an operator works on at once. */
const AT_ONCE = 2;
const SHORTEST_HANDLING = 150;
const LONGEST_HANDLING = 800;
/** What is still open shortly before now is left out: TEAM says what there is now. */
const OPEN_SECONDS = 30;

/** One of the conversations that an operator works on at once. */
interface Slot {
  readonly operatorId: string;
  readonly inboxes: readonly string[];
  /** How many seconds ago the operator stopped working. */
  readonly until: number;
  /** How many seconds ago it is free again. */
  freeFrom: number;
}

/**
 * The last 24 hours of the team: what arrived, when somebody took it, and how it ended. Operators work on a few at a time,
 * so waits come from the load as they do in life. It is the same day each time. Times are in seconds ago.
 */
export function pastDay(): Story[] {
  const chance = chances(20);
  const slots = allSlots();
  return arrivals(chance).flatMap((arrived, number) => {
    const inbox = chosenBy(chance(), TEAM.inboxes);
    const story = {
      number,
      inboxId: inbox.id,
      name: nameBy(chance(), number),
      messages: 1 + int(chance(), 6),
    };
    const luck = { kind: chance(), pause: chance(), handling: chance(), take: chance() };
    if (luck.kind < 0.04) return [{ ...story, steps: [created(arrived), spam(arrived - 60)] }];
    const [slot] = slots
      .filter(({ inboxes, until }) => inboxes.includes(inbox.id) && arrived > until)
      .sort((one, other) => other.freeFrom - one.freeFrom);
    if (slot === undefined) return [];
    const isPushed = inbox.distribution !== 'PULL';
    const takenAt = Math.min(arrived, slot.freeFrom) - (isPushed ? 1 : 20 + int(luck.pause, 220));
    const handling = SHORTEST_HANDLING + int(luck.handling, LONGEST_HANDLING - SHORTEST_HANDLING);
    const doneAt = takenAt - handling;
    if (doneAt < Math.max(slot.until, OPEN_SECONDS)) return [];
    slot.freeFrom = doneAt;
    const take = isPushed ? given : luck.take < 0.3 ? claimed : asked(luck.take);
    const steps = [created(arrived), take(takenAt, slot.operatorId)];
    const middle = takenAt - handling / 2;
    const colleague = slots.find(
      ({ operatorId, inboxes, until }) =>
        operatorId !== slot.operatorId && inboxes.includes(inbox.id) && doneAt > until,
    );
    const isHandedOver = luck.kind > 0.95 && colleague !== undefined;
    if (isHandedOver) steps.push(reassigned(middle, TEAM.supervisorId, colleague.operatorId));
    const last = isHandedOver ? colleague.operatorId : slot.operatorId;
    steps.push(resolved(doneAt, last, luck.kind > 0.9 && luck.kind <= 0.95 ? 'ABANDONED' : 'HANDLED'));
    return [{ ...story, steps }];
  });
}

function allSlots(): Slot[] {
  return TEAM.operators
    .filter(({ role }) => role === 'OPERATOR')
    .flatMap(({ id, inboxes, availability, since }) =>
      Array.from({ length: AT_ONCE }, () => ({
        operatorId: id,
        inboxes,
        until: availability === 'AVAILABLE' ? 0 : since,
        freeFrom: Infinity,
      })),
    );
}

const asked =
  (score: number) =>
  (at: number, operatorId: string): Step => ({
    ...claimed(at, operatorId),
    type: 'conversation.allocated',
    reason: `Asked for the next conversation: this one was first in line with a score of ${score.toFixed(4)}`,
    score,
  });

/** The oldest first: most in the last three hours, fewer before, few at night. */
function arrivals(chance: () => number): number[] {
  const hours = Array.from({ length: 24 }, (_, i) => 24 - i);
  const weights = hours.map((hour) => ({
    hour,
    share: hour <= 3 ? 2.4 : hour <= 9 ? 1 : hour <= 14 ? 0.6 : 0.2,
  }));
  const total = weights.reduce((sum, { share }) => sum + share, 0);
  const all = weights.map(({ hour, share }) => ({ hour, share: share / total }));
  return Array.from({ length: CONVERSATIONS }, () => (chosenBy(chance(), all).hour - chance()) * HOUR)
    .map(Math.round)
    .sort((one, other) => other - one);
}

/** @param shares of which the sum is 1 */
function chosenBy<T extends { readonly share: number }>(luck: number, all: readonly T[]): T {
  let left = luck;
  const found = all.find(({ share }) => (left -= share) < 0) ?? all.at(-1);
  if (found === undefined) throw new Error('there is nothing to choose from');
  return found;
}

function nameBy(luck: number, number: number): string {
  const { first, last } = TEAM.customers;
  return `${first[int(luck, first.length)]} ${last[number % last.length]}`;
}

function int(luck: number, limit: number): number {
  return Math.floor(luck * limit);
}

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
