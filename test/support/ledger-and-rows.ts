import type { TestDatabase } from './database.js';

/** Ids of the conversations that each operator of the tenant holds, in order. */
export async function heldBy(database: TestDatabase, tenantId: string): Promise<Record<string, string[]>> {
  const rows = await database.rows<{ operator: string; ids: string[] }>(
    `select assigned_operator_id as operator, array_agg(id order by id) as ids from conversations
     where tenant_id = $1 and state = 'ALLOCATED' group by assigned_operator_id`,
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ operator, ids }) => [operator, ids]));
}

/** The threads of the tenant, in the order of their names. */
export function storedThreads(database: TestDatabase, tenantId: string): Promise<{ story: string[] }[]> {
  return database.rows(
    `select c.external_conversation_id as thread, c.message_count as count, c.last_message_at as last,
       c.waiting_since as first, (select array_agg(e.type order by e.version) from conversation_events e
         where e.tenant_id = c.tenant_id and e.conversation_id = c.id) as story
     from conversations c where c.tenant_id = $1 order by c.external_conversation_id collate "C"`,
    [tenantId],
  );
}

/** The number of deadlocks in this database so far. */
export async function deadlocks(database: TestDatabase): Promise<number> {
  const [row] = await database.rows<{ count: number }>(
    `select deadlocks::integer as count from pg_stat_database where datname = current_database()`,
  );
  return row!.count;
}

/** Allocations to an operator after they went OFFLINE. Transaction ids in the rows give the order. */
export function takenWhileOffline(database: TestDatabase): Promise<object[]> {
  return database.rows(
    `select a.* from conversation_events a
     where a.type = 'conversation.allocated' and 'operator.offline' = (
       select s.type from conversation_events s
       where s.tenant_id = a.tenant_id and s.to_operator_id = a.to_operator_id and s.type like 'operator.%'
         and s.xmin::text::bigint < a.xmin::text::bigint
       order by s.xmin::text::bigint desc limit 1)`,
  );
}
