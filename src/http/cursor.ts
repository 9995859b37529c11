import { createHash } from 'node:crypto';
import { isUUID } from 'class-validator';
import { Problem } from './problem.js';

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

const TIME = /^\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/;
const IS: Record<PositionKind, (value: unknown) => boolean> = {
  time: (value) => typeof value === 'string' && TIME.test(value) && !Number.isNaN(millisecondsOf(value)),
  number: (value) => typeof value === 'number',
  id: (value) => isUUID(value),
  text: (value) => typeof value === 'string',
  // PostgreSQL's bigint holds more than a number of JSON.
  position: (value) => typeof value === 'string' && /^\d{1,19}$/.test(value) && BigInt(value) < 2n ** 63n,
};

/** PostgreSQL writes `2026-01-31 09:30:00.5+00`. */
function millisecondsOf(time: string): number {
  return Date.parse(time.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
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
  const position = genuine ? (JSON.parse(payload) as unknown) : undefined;
  if (!Array.isArray(position) || !forms.some((kinds) => isMadeOf(position, kinds))) throw invalidCursor();
  return position;
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
