import type { DatabaseEnvironment } from '../config/environment.js';

/** The role every statement of the service runs as: it owns nothing and row-level security binds it. */
export const APPLICATION_ROLE = 'inbox_app';

/** What every session of the service is set to, by PostgreSQL's names and in its units. */
export function sessionSettings(database: DatabaseEnvironment): Record<string, string> {
  return {
    role: APPLICATION_ROLE,
    statement_timeout: `${database.statementTimeoutMs}`,
    lock_timeout: `${database.lockTimeoutMs}`,
    idle_in_transaction_session_timeout: `${database.idleInTransactionTimeoutMs}`,
    // Plans of the hot functions do not depend on their arguments; planning them anew each time costs more than
    // running them. Memoize never pays for the few rows that a page of the queue joins. No statement runs as long as
    // compiling it would take, however many rows the planner fears. And a plan that is made while a table is small is
    // kept when it has grown: reading all of it is then the one way that must not have been chosen.
    plan_cache_mode: 'force_generic_plan',
    enable_memoize: 'off',
    enable_seqscan: 'off',
    jit: 'off',
  };
}
