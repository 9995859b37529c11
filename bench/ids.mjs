// @ts-check
// Ids in the databases of the bench. They follow from numbers, so that a script of pgbench can compute them too.

/** @param {string} kind @param {number | string} number */
const id = (kind, number) => `019d${kind}-0000-7000-8000-${String(number).padStart(12, '0')}`;

export const OPERATORS = 64;
export const INBOXES = 20;
export const SUBSCRIPTIONS = 5;
/** The ADMIN of each tenant, who takes no conversations. */
const ADMIN = 999;

/** @param {number} tenant from 1 */
export const tenantId = (tenant) => id('0001', tenant);
/** @param {number} tenant @param {number} operator from 1 */
export const operatorId = (tenant, operator) => id('0002', tenant * 1000 + operator);
/** @param {number} tenant */
export const adminId = (tenant) => operatorId(tenant, ADMIN);
/** @param {number} tenant @param {number} inbox from 1 */
export const inboxId = (tenant, inbox) => id('0003', tenant * 1000 + inbox);

/** The name of a label of each inbox. */
export const LABEL = 'urgent';
/** @param {number} tenant @param {number} inbox from 1 */
export const labelId = (tenant, inbox) => id('0006', tenant * 1000 + inbox);

/** @param {number} number of the conversation */
export const conversationId = (number) => id('0004', number.toString(16));

/**
 * The number of a customer, who has three conversations. Its digits are as mixed as those of real numbers, so that a part
 * of a number finds as many as a real one.
 * @param {number} number of a conversation
 */
export const customerNumber = (number) =>
  `+49151${10_000_000 + ((Math.floor(number / 3) * 7_919) % 90_000_000)}`;

/** The same as SQL over expressions of numbers. */
export const sqlId = {
  /** @param {string} t */
  tenant: (t) => `(${quoted('0001')} || lpad((${t})::text, 12, '0'))::uuid`,
  /** @param {string} t @param {string} o */
  operator: (t, o) => `(${quoted('0002')} || lpad(((${t}) * 1000 + (${o}))::text, 12, '0'))::uuid`,
  /** @param {string} t @param {string} i */
  inbox: (t, i) => `(${quoted('0003')} || lpad(((${t}) * 1000 + (${i}))::text, 12, '0'))::uuid`,
  /** @param {string} t @param {string} i */
  label: (t, i) => `(${quoted('0006')} || lpad(((${t}) * 1000 + (${i}))::text, 12, '0'))::uuid`,
  /** @param {string} n */
  conversation: (n) => `(${quoted('0004')} || lpad(to_hex(${n}), 12, '0'))::uuid`,
  /** @param {string} n */
  customerNumber: (n) => `('+49151' || 10000000 + ((${n}) / 3 * 7919::bigint) % 90000000)`,
  /** @param {string} n */
  event: (n) => `(${quoted('0005')} || lpad(to_hex(${n}), 12, '0'))::uuid`,
};

/** @param {string} kind */
function quoted(kind) {
  return `'019d${kind}-0000-7000-8000-'`;
}
