/**
 * SQLSTATEs after which PostgreSQL has rolled back and a second try can succeed: deadlock and serialization failure.
 */
const TRANSIENT = new Set(['40P01', '40001']);

/** Class 08 are connection errors; 57P01 to 57P03 come from a server that stops or starts. */
const LOST_CODE = /^(08|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE)/;
const LOST_MESSAGE = /connection terminated|client was closed|not queryable|already released/i;

/** In addition: lack of resources (53), timeouts, and hosts that cannot be reached. */
const BUSY_CODE = /^(53|57P|57014|55P03|25P03|ECONN|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)/;
const TIMED_OUT_MESSAGE =
  /timeout exceeded when trying to connect|query read timeout|due to connection timeout/i;

/**
 * The connection was lost when the effect may already have been written. The caller must check before they try again,
 * or use an idempotency key.
 */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the connection was lost before the database reported the outcome', { cause });
    this.name = 'OutcomeUnknown';
  }
}

/** A shared resource was not free in time. Nothing was started. */
export class WaitedTooLong extends Error {
  constructor(what: string) {
    super(`waited too long for ${what}`);
    this.name = 'WaitedTooLong';
  }
}

/** PostgreSQL rolled back, and a retry can succeed. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.has(sqlStateOf(error));
}

/**
 * The connection is lost or could not be made. Timeouts are not included, because the caller has waited long enough.
 */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof OutcomeUnknown) return isConnectionLost(error.cause);
  if (!(error instanceof Error) || TIMED_OUT_MESSAGE.test(error.message)) return false;
  return LOST_CODE.test(sqlStateOf(error)) || LOST_MESSAGE.test(error.message);
}

/** The database is unavailable or too busy. The same request can succeed in a moment. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof OutcomeUnknown || error instanceof WaitedTooLong) return true;
  if (isTransient(error) || isConnectionLost(error)) return true;
  return (
    error instanceof Error && (BUSY_CODE.test(sqlStateOf(error)) || TIMED_OUT_MESSAGE.test(error.message))
  );
}

/**
 * PostgreSQL itself reported the error and the connection is still usable, so nothing was done. Not so when Citus reports
 * that it lost a node: what the node did is unknown, and the session may be left in a state of which Citus knows nothing.
 */
export function isReportedByServer(error: unknown): boolean {
  return isServerThere(error) && !LOST_CODE.test(sqlStateOf(error));
}

/**
 * Our own errors and errors reported by PostgreSQL leave a connection usable. Except where Citus could not plan a
 * statement (0A000): the session then sends no call to the node of its tenant any more, and row-level security hides
 * every row from the next caller.
 */
export function leavesUsable(error: unknown): boolean {
  if (sqlStateOf(error) === '0A000') return false;
  return isReportedByServer(error) || !(error instanceof OutcomeUnknown || isUnavailable(error));
}

/** PostgreSQL runs, and reported the error. It can serve other tenants, even where Citus lost a node. */
export function isServerThere(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR';
}

/** The SQLSTATE or network code of a database error, or ''. */
export function sqlStateOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
