import { oneOf, postgresUrl, wholeNumber, yesOrNo } from '../kinds.js';
import type { VariableTree } from '../variable.js';

/** The largest delay of setTimeout and of PostgreSQL's timeouts. */
const MAX_MS = 2_147_483_647;

export const DATABASE = {
  database: {
    url: {
      name: 'DATABASE_URL',
      kind: postgresUrl(),
      required: true,
      about:
        'The database of the service, with a login that owns nothing. `db:run` creates the login with this password',
    },
    adminUrl: {
      name: 'DATABASE_ADMIN_URL',
      kind: postgresUrl(),
      defaultInWords: '`DATABASE_URL`',
      about:
        'The same database with the owner of the schema, for `db:run`, `db:status`, `db:revert`, `db:psql`, `demo --reset` and `verify`. The service itself does not need it',
    },
    pooler: {
      name: 'DATABASE_POOLER',
      kind: oneOf('none', 'transaction'),
      default: 'none',
      about: '`transaction` behind a pooler in transaction mode, such as PgBouncer (see docs/operations.md)',
    },
    isDistributed: {
      name: 'DATABASE_CITUS',
      kind: yesOrNo(),
      default: 'no',
      about: '`yes` when `db:run --citus` spread the tables over several servers (see docs/scale-out.md)',
    },
    poolSize: {
      name: 'DATABASE_POOL_SIZE',
      kind: wholeNumber(1, 1000),
      default: '8',
      about: 'Connections per process',
    },
    connectionTimeoutMs: {
      name: 'DATABASE_CONNECTION_TIMEOUT_MS',
      kind: wholeNumber(1, MAX_MS),
      default: '5000',
      about: 'Longest wait for a connection',
    },
    statementTimeoutMs: {
      name: 'DATABASE_STATEMENT_TIMEOUT_MS',
      kind: wholeNumber(1, MAX_MS),
      default: '15000',
      about: 'Longest duration of a statement',
    },
    lockTimeoutMs: {
      name: 'DATABASE_LOCK_TIMEOUT_MS',
      kind: wholeNumber(1, MAX_MS),
      default: '5000',
      about: 'Longest wait for a locked row',
    },
    idleInTransactionTimeoutMs: {
      name: 'DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS',
      kind: wholeNumber(1, MAX_MS),
      default: '10000',
      about: 'Longest pause inside a transaction',
    },
    logsStatements: {
      name: 'LOG_SQL',
      kind: yesOrNo(),
      default: 'no',
      about: '`yes` logs every statement of the service with its time, without the values of its parameters',
    },
  },
} as const satisfies VariableTree;
