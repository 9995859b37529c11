import { createHash } from 'node:crypto';
import { isUUID } from 'class-validator';
import { Problem } from './problem.js';
import { STORABLE } from './storable.js';

export interface Page<T> {
  data: T[];
  nextCursor: string | null;
  hasMore: boolean;
}

/** What a cursor is bound to: the list, who reads it and with which filters. */
export type CursorScope = readonly unknown[];

/** @param position values that find the last row of the page again; JSON, so times as text */
export function encodeCursor(scope: CursorScope, position: readonly unknown[]): string {
  const payload = JSON.stringify(position);
  return Buffer.from(`${checksum(scope, payload)}${payload}`).toString('base64url');
}

/** What a place in a position holds. Times are PostgreSQL's text, with all their digits. */
export type PositionKind = 'time' | 'number' | 'id' | 'text' | 'position';

/** As PostgreSQL writes `2026-01-31 09:30:00.5+00`, and reads: its zones are less than 16 hours from UTC. */
const TIME = /^(\d{4}-\d\d-\d\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/;
/** Whatever passes is something that PostgreSQL can read, or a forged position would be an error of ours. */
const IS: Record<PositionKind, (value: unknown) => boolean> = {
  time: (value) => typeof value === 'string' && isDay(TIME.exec(value)?.[1]),
  number: (value) => Number.isFinite(value),
  id: (value) => isUUID(value),
  text: (value) => typeof value === 'string' && STORABLE.test(value),
  // PostgreSQL's bigint holds more than a number of JSON.
  position: (value) => typeof value === 'string' && /^\d{1,19}$/.test(value) && BigInt(value) < 2n ** 63n,
};

/** JavaScript takes 30 February for 2 March, and knows a year 0. */
function isDay(date: string | undefined): boolean {
  if (date === undefined || date.startsWith('0000')) return false;
  const moment = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(date);
}

/**
 * The position, or INVALID_CURSOR when it was made for another list or filters, or was changed on the way.
 * @param forms what the position of this list is made of, and was made of in earlier versions
 */
export function decodeCursor(
  scope: CursorScope,
  cursor: string,
  ...forms: readonly (readonly PositionKind[])[]
): unknown[] {
  const text = Buffer.from(cursor, 'base64url').toString();
  const payload = text.slice(CHECKSUM_LENGTH);
  // Node ignores what is not base64url, so the text must also encode back to the very same cursor.
  const genuine =
    text.slice(0, CHECKSUM_LENGTH) === checksum(scope, payload) &&
    Buffer.from(text).toString('base64url') === cursor;
  const position = genuine ? parsed(payload) : undefined;
  if (!Array.isArray(position) || !forms.some((kinds) => isMadeOf(position, kinds))) throw invalidCursor();
  return position;
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function isMadeOf(position: readonly unknown[], kinds: readonly PositionKind[]): boolean {
  return position.length === kinds.length && kinds.every((kind, place) => IS[kind](position[place]));
}

export function invalidCursor(): Problem {
  return new Problem(
    'INVALID_CURSOR',
    'This cursor belongs to another list or other filters, or it was changed. Start again without a cursor.',
  );
}

/**
 * Cuts a page out of rows that were read with one more than asked for.
 * @param positionOf where a row stands in the order of the list
 */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  scope: CursorScope,
  positionOf: (row: Row) => readonly unknown[],
  toResponse: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    data: shown.map(toResponse),
    nextCursor: hasMore ? encodeCursor(scope, positionOf(last)) : null,
    hasMore,
  };
}

const CHECKSUM_LENGTH = 16;

/** Not a secret: it keeps cursors from being used elsewhere by mistake; rights are checked on every page anyway. */
function checksum(scope: CursorScope, payload: string): string {
  return createHash('sha256')
    .update(JSON.stringify([scope, payload]))
    .digest('base64url')
    .slice(0, CHECKSUM_LENGTH);
}
