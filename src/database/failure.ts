/** SQLSTATEs after which PostgreSQL has rolled back and a second try may well succeed: deadlock, serialization. */
const TRANSIENT = new Set(['40P01', '40001']);

/** Class 08 is connection trouble, 57P01 to 57P03 a server that goes or comes. */
const LOST_CODE = /^(08|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE)/;
const LOST_MESSAGE = /connection terminated|client was closed|not queryable|already released/i;

/** Besides those: a lack of resources (53), a limit of time, a host that is away. */
const BUSY_CODE = /^(53|57P|57014|55P03|25P03|ECONN|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)/;
const TIMED_OUT_MESSAGE =
  /timeout exceeded when trying to connect|query read timeout|due to connection timeout/i;

/**
 * The database fell silent when the effect may already have been written: the caller must look before they ask again, or
 * have an idempotency key that looks for them.
 */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the database fell silent before it said whether it was done', { cause });
    this.name = 'OutcomeUnknown';
  }
}

/** Something that is shared was not free in time: nothing was begun. */
export class WaitedTooLong extends Error {
  constructor(what: string) {
    super(`waited too long for ${what}`);
    this.name = 'WaitedTooLong';
  }
}

/** PostgreSQL has said that it rolled back, and trying again is worth it. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.has(sqlStateOf(error));
}

/** The connection is gone, or there was none. Not after a limit of time: those who waited that long do not wait again. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof OutcomeUnknown) return isConnectionLost(error.cause);
  if (!(error instanceof Error) || TIMED_OUT_MESSAGE.test(error.message)) return false;
  return LOST_CODE.test(sqlStateOf(error)) || LOST_MESSAGE.test(error.message);
}

/** The database is away, going, coming or too busy: the same request may succeed in a moment. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof OutcomeUnknown || error instanceof WaitedTooLong) return true;
  if (isTransient(error) || isConnectionLost(error)) return true;
  return (
    error instanceof Error && (BUSY_CODE.test(sqlStateOf(error)) || TIMED_OUT_MESSAGE.test(error.message))
  );
}

/** PostgreSQL itself has answered the statement, and the connection goes on: it is known that nothing was done. */
export function isReportedByServer(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR';
}

/** The SQLSTATE or network code of a database error, or ''. */
export function sqlStateOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
