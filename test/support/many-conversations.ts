import type { TestApplication } from './application.js';
import type { World } from './world.js';

/**
 * Conversations that were resolved long ago, written without the service: a million of them in a minute.
 * @param inboxId an inbox of the tenant
 */
export async function manyConversations(
  app: TestApplication,
  { tenantId }: World,
  inboxId: string,
  count: number,
): Promise<void> {
  const { owner } = app.database;
  // Foreign keys are right by themselves, and checking them takes longer than the rest.
  await owner.query('set session_replication_role = replica');
  await owner.query(
    `with stored as (
      insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id,
        customer_phone_number, phone_key, display_name, subject, state, message_count, waiting_message_count,
        last_message_at, waiting_since, version, last_event_id, resolved_at, last_resolved_at, created_at, updated_at)
      select $1, (lpad(to_hex(n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, $2, $2, 'many-' || n,
        '+4915' || lpad(n::text, 8, '0'), '+4915' || lpad(n::text, 8, '0'), 'Customer ' || n, '=1+' || n, 'RESOLVED', 1, 1,
        t.at, t.at, 2, gen_random_uuid(), t.at + interval '1 minute', t.at + interval '1 minute', t.at, t.at
      from generate_series(1, $3::integer) n
      cross join lateral (select '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second' as at) t
      returning id, external_conversation_id, created_at, last_event_id)
    insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
      actor_type, actor_id, reason, to_state, to_inbox_id, occurred_at)
    select $1, last_event_id, 'conversation.created', id, $2, external_conversation_id, 1, 'SERVICE', 'test', 'Created',
      'QUEUED', $2, created_at
    from stored`,
    [tenantId, inboxId, count],
  );
  await owner.query('set session_replication_role = origin');
  await owner.query('analyze conversations, conversation_events');
}
