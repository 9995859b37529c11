import { createHash } from 'node:crypto';
import { isUUID } from 'class-validator';
import { Problem } from './problem.js';
import { STORABLE } from './storable.js';
import type { Total } from './total.js';

export interface Page<T> extends Total {
  data: T[];
  nextCursor: string | null;
  hasMore: boolean;
}

/** The list, reader and filters that a cursor is valid for. */
export type CursorScope = readonly unknown[];

/** @param position the values that identify the last row of the page; times as text, because it becomes JSON */
export function encodeCursor(scope: CursorScope, position: readonly unknown[]): string {
  const payload = JSON.stringify(position);
  return Buffer.from(`${checksum(scope, payload)}${payload}`).toString('base64url');
}

/** The kind of a value in a position. Times are PostgreSQL's text with all its digits. */
export type PositionKind = 'time' | 'number' | 'id' | 'text' | 'position';

/**
 * The form in which PostgreSQL writes and reads times, `2026-01-31 09:30:00.5+00`. Its zones are less than 16 hours
 * from UTC.
 */
const TIME = /^(\d{4}-\d\d-\d\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/;
/** A value that passes must be readable by PostgreSQL. Otherwise a forged cursor would cause an internal error. */
const IS: Record<PositionKind, (value: unknown) => boolean> = {
  time: (value) => typeof value === 'string' && isDay(TIME.exec(value)?.[1]),
  number: (value) => Number.isFinite(value),
  id: (value) => isUUID(value),
  text: (value) => typeof value === 'string' && STORABLE.test(value),
  // PostgreSQL's bigint exceeds the numbers of JSON.
  position: (value) => typeof value === 'string' && /^\d{1,19}$/.test(value) && BigInt(value) < 2n ** 63n,
};

/** JavaScript reads 30 February as 2 March and accepts the year 0. */
function isDay(date: string | undefined): boolean {
  if (date === undefined || date.startsWith('0000')) return false;
  const moment = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(date);
}

/**
 * @param forms the kinds of values in a position of this list, in this and earlier versions
 * @throws INVALID_CURSOR when the cursor was made for another list or other filters, or was changed
 */
export function decodeCursor(
  scope: CursorScope,
  cursor: string,
  ...forms: readonly (readonly PositionKind[])[]
): unknown[] {
  const text = Buffer.from(cursor, 'base64url').toString();
  const payload = text.slice(CHECKSUM_LENGTH);
  // Node ignores characters that are not base64url, so the text must also encode back to the same cursor.
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
    'This cursor belongs to another list or to other filters, or it was changed. Start again without a cursor.',
  );
}

/**
 * Makes a page from rows that were read with a limit of one more than requested.
 * @param positionOf the position of a row in the order of the list
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

/**
 * A page that ends before it is full, because it looks at a limited number of rows.
 * @param position where the next page begins; null for a page that is full, or that ends the list
 */
export function endingAt<T>(page: Page<T>, scope: CursorScope, position: readonly unknown[] | null): Page<T> {
  return position === null ? page : { ...page, nextCursor: encodeCursor(scope, position), hasMore: true };
}

const CHECKSUM_LENGTH = 16;

/**
 * The checksum is not a secret. It detects cursors that are used elsewhere by mistake. Every page checks the rights
 * anyway.
 */
function checksum(scope: CursorScope, payload: string): string {
  return createHash('sha256')
    .update(JSON.stringify([scope, payload]))
    .digest('base64url')
    .slice(0, CHECKSUM_LENGTH);
}
