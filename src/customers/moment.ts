/** A time before this means that a clock is wrong. Later than the other, a database need not be asked. */
const EARLIEST = Date.parse('2000-01-01T00:00:00Z');
const LATEST = Date.parse('2100-01-01T00:00:00Z');

/** Unix times below are seconds, above milliseconds: seconds until the year 5138, milliseconds from 1973 on. */
const MILLISECONDS_FROM = 100_000_000_000;

const UNIX = /^[0-9]{1,13}(?:\.[0-9]{1,9})?$/;
const CALENDAR =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?\s?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?$/;

export type ReadMoment = { at: string } | 'NOT_UNDERSTOOD' | 'IN_FUTURE';

/**
 * Reads a time: RFC 3339, also with `+0000` or without a zone, which is UTC, or Unix seconds or milliseconds. Whether
 * it is a few minutes ahead, the clock of the database decides.
 */
export function readMoment(value: string | number): ReadMoment {
  const text = String(value).trim();
  const moment = UNIX.test(text) ? ofUnix(Number(text)) : ofCalendar(text);
  if (moment === null || !(moment >= EARLIEST)) return 'NOT_UNDERSTOOD';
  return moment < LATEST ? { at: new Date(moment).toISOString() } : 'IN_FUTURE';
}

function ofUnix(value: number): number {
  return Math.trunc(value < MILLISECONDS_FROM ? value * 1_000 : value);
}

function ofCalendar(text: string): number | null {
  const parts = CALENDAR.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = (parts.slice(1, 7) as (string | undefined)[]).map((part) =>
    Number(part ?? 0),
  ) as [number, number, number, number, number, number];
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  // A leap second is the first second of the next minute.
  if (hour > 23 || minute > 59 || second > 60) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const offset = offsetOf(parts[9], Number(parts[10] ?? 0), Number(parts[11] ?? 0));
  if (offset === null) return null;
  const minutes = hour * 60 + minute - offset;
  return date.getTime() + (minutes * 60 + second) * 1_000 + milliseconds;
}

/** Minutes east of UTC. */
function offsetOf(sign: string | undefined, hours: number, minutes: number): number | null {
  if (hours > 23 || minutes > 59) return null;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes);
}
