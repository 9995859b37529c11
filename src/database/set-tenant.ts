import type { DataSource, EntityManager } from 'typeorm';
import { rowsOf, sql } from './statement.js';

const SET_TENANT = sql`select set_config('app.tenant_id', $1::uuid::text, true)`;
const SET_TENANT_AND_JOINS = sql`
  select set_config('app.tenant_id', $1::uuid::text, true), set_config('enable_nestloop', 'off', true)`;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Makes the transaction read and write the rows of this tenant only. */
export async function setTenant(tx: EntityManager, tenantId: string): Promise<void> {
  if (isDistributed(tx.dataSource)) await setTenantOnNodes(tx, tenantId);
  else await rowsOf(tx, SET_TENANT, [tenantId]);
}

/**
 * The same for a transaction that reads a large part of the tenant. Its joins are planned for sets of rows: where most
 * tenants are small, the planner takes a large one for a small one too, and would look at the whole of one set again for
 * each row of the other. A look-up by key is written as a lateral join there.
 */
export async function setTenantAndJoins(tx: EntityManager, tenantId: string): Promise<void> {
  if (isDistributed(tx.dataSource)) {
    await setTenantOnNodes(tx, tenantId);
    await rowsOf(tx, { text: 'set local enable_nestloop = off' }, []);
  } else await rowsOf(tx, SET_TENANT_AND_JOINS, [tenantId]);
}

/**
 * Sets the tenant of a transaction whose first statement has called set_config, which changes nothing on the other nodes
 * of Citus: they see only SET LOCAL, which takes no parameters. Without Citus there is nothing to do.
 */
export async function setTenantOnNodes(tx: EntityManager, tenantId: string): Promise<void> {
  if (!isDistributed(tx.dataSource)) return;
  if (!UUID.test(tenantId)) throw new Error('the id of a tenant must be a UUID');
  await rowsOf(tx, { text: `set local app.tenant_id = '${tenantId}'` }, []);
}

/** Whether the tables are spread over several servers. */
export function isDistributed({ options }: DataSource): boolean {
  const { extra } = options as { extra?: { isDistributed?: boolean } };
  return extra?.isDistributed ?? false;
}
