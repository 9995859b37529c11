import type { DatabaseEnvironment } from '../config/environment.js';

/** The role that runs every statement of the service. It owns nothing, and row-level security applies to it. */
export const APPLICATION_ROLE = 'inbox_app';

/** The settings of every session of the service, with PostgreSQL's names and units. */
export function sessionSettings(database: DatabaseEnvironment): Record<string, string> {
  return {
    role: APPLICATION_ROLE,
    statement_timeout: `${database.statementTimeoutMs}`,
    lock_timeout: `${database.lockTimeoutMs}`,
    idle_in_transaction_session_timeout: `${database.idleInTransactionTimeoutMs}`,
    // Generic plans: the plans of the hot functions do not depend on their arguments, and planning costs more than
    // running them. No Memoize and no JIT: queue pages join few rows, and compiling takes longer than any statement. No
    // sequential scans: a plan made while a table is small is kept when the table has grown.
    plan_cache_mode: database.isDistributed ? 'auto' : 'force_generic_plan',
    enable_memoize: 'off',
    enable_seqscan: 'off',
    jit: 'off',
    // SET LOCAL reaches the nodes that the transaction works on. Citus cannot route what has a generic plan.
    ...(database.isDistributed
      ? { 'citus.propagate_set_commands': 'local', 'citus.allow_nested_distributed_execution': 'on' }
      : {}),
  };
}
