// @ts-check
// Adds tenants of any size to a database of the bench.
import { adminId, operatorId, sqlId, tenantId } from './ids.mjs';
import { token } from './service.mjs';

/** The numbers of the operators of a team begin after that of the ADMIN. */
const FIRST = 1_000;

/**
 * @typedef {object} Team
 * @property {number} tenant its number, which no other tenant has
 * @property {number} operators who are AVAILABLE
 * @property {number} inboxes
 * @property {number} subscriptions of each operator
 * @property {string} distribution of inbox `i`, in SQL
 */

const TENANT = `
  insert into tenants (id, name, alpha, beta, max_delay_minutes, grace_period_seconds)
  values ($1, 'Team', 0.4, 0.6, 1440, 900)`;
const PEOPLE = `
  insert into operators (tenant_id, id, name, role, max_load, availability)
  select $1::uuid, $2::uuid, 'Ada Admin', 'ADMIN', null::integer, 'OFFLINE'
  union all
  select $1, ${sqlId.operator('$3::int', `${FIRST} + o`)}, 'Operator ' || o, 'OPERATOR', 1000000, 'AVAILABLE'
  from generate_series(1, $4::int) o`;
/** Each inbox has as many operators as the others. */
const SUBSCRIBING = `
  insert into subscriptions (tenant_id, inbox_id, operator_id)
  select $1, ${sqlId.inbox('$2::int', '(o + s * ($4::int / $5::int)) % $4::int + 1')}, ${sqlId.operator('$2::int', `${FIRST} + o`)}
  from generate_series(1, $3::int) o cross join generate_series(0, $5::int - 1) s`;

/** @param {import('pg').Client} client as a superuser @param {Team} team */
export async function addTeam(client, { tenant, operators, inboxes, subscriptions, distribution }) {
  const id = tenantId(tenant);
  await client.query(TENANT, [id]);
  await client.query(PEOPLE, [id, adminId(tenant), tenant, operators]);
  await client.query(
    `insert into inboxes (tenant_id, id, name, distribution)
    select $1, ${sqlId.inbox('$2::int', 'i')}, 'Inbox ' || i, ${distribution} from generate_series(1, $3::int) i`,
    [id, tenant, inboxes],
  );
  await client.query(SUBSCRIBING, [id, tenant, operators, inboxes, subscriptions]);
  await client.query('analyze operators, inboxes, subscriptions');
}

/** The id of an operator of a team. @param {number} tenant @param {number} operator from 1 */
export function memberId(tenant, operator) {
  return operatorId(tenant, FIRST + operator);
}

/**
 * The key with which the orchestrator of a team reports messages.
 * @param {import('./service.mjs').Service} service @param {number} tenant
 * @param {string} [name] a tenant has each name once
 * @returns {Promise<string>}
 */
export async function keyOf(service, tenant, name = 'bench') {
  const admin = token(tenantId(tenant), adminId(tenant));
  const { key } = await service.ask('POST', '/api-keys', admin, { name });
  return key;
}

/**
 * Messages of new customers, one after the other in each of the inboxes.
 * @param {string} name of the threads @param {number} count @param {readonly string[]} inboxIds
 */
export function messagesOf(name, count, inboxIds) {
  return Array.from({ length: count }, (_, i) => ({
    externalConversationId: `${name} ${i}`,
    inboxId: inboxIds[i % inboxIds.length],
    customerAddress: `${name.replaceAll(' ', '-')}-${i}`,
  }));
}
