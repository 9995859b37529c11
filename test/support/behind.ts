import type { EventResponse } from '../../src/ledger/event.js';
import type { World } from './world.js';

const TABLES = [
  'tenants',
  'inboxes',
  'operators',
  'subscriptions',
  'leads',
  'lead_keys',
  'conversations',
  'conversation_events',
  'former_phone_keys',
  'deadlines',
  'declines',
  'processed_messages',
] as const;

/** Every row of the tenant, to detect writes. */
export async function everythingOf({ app, tenantId }: World): Promise<Record<string, object[]>> {
  const tables: Record<string, object[]> = {};
  for (const table of TABLES) {
    const key = table === 'tenants' ? 'id' : 'tenant_id';
    const text = `select to_jsonb(r) as row from ${table} r where r.${key} = $1 order by r::text`;
    tables[table] = await app.database.rows(text, [tenantId]);
  }
  return tables;
}

/** Expects that `work` changes no row of the tenant. */
export async function changesNothing(world: World, work: () => Promise<unknown>): Promise<void> {
  const before = await everythingOf(world);
  await work();
  expect(await everythingOf(world)).toEqual(before);
}

/** The ledger of a conversation, oldest first. */
export async function ledgerOf(world: World, id: string): Promise<EventResponse[]> {
  const { body } = await world.app.call('get', `/conversations/${id}/history`, world.admin).expect(200);
  return (body as { data: EventResponse[] }).data;
}

/** The entry of a transition. Fails unless it is the only new one. */
export async function newEntry(
  world: World,
  id: string,
  work: () => Promise<unknown>,
): Promise<EventResponse> {
  const before = await ledgerOf(world, id);
  await work();
  const after = await ledgerOf(world, id);
  expect(after.slice(0, -1)).toEqual(before);
  return after.at(-1)!;
}
