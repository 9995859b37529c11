import { oneOf, postgresUrl, wholeNumber, yesOrNo } from '../kinds.js';
import type { VariableTree } from '../variable.js';

/** Largest delay that setTimeout and PostgreSQL's timeouts take. */
const MAX_MS = 2_147_483_647;

export const DATABASE = {
  database: {
    url: {
      name: 'DATABASE_URL',
      kind: postgresUrl(),
      required: true,
      about:
        'Where the service logs in, as a user that owns nothing; `db:run` makes it, with the password that stands here',
    },
    adminUrl: {
      name: 'DATABASE_ADMIN_URL',
      kind: postgresUrl(),
      defaultInWords: '`DATABASE_URL`',
      about:
        'Where the owner of the schema logs in: `db:run`, `db:status`, `db:revert`, `db:psql`, `demo --reset` and `verify`. The service itself does not need it',
    },
    pooler: {
      name: 'DATABASE_POOLER',
      kind: oneOf('none', 'transaction'),
      default: 'none',
      about: '`transaction` behind a pooler in transaction mode, such as PgBouncer: docs/operations.md',
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
      about: 'Longest run of one statement',
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
