import { entries } from './ledger-entries.js';
import type { World } from './world.js';

/** Gives an operator conversations with their ledger, as if they had claimed each. */
export async function heldConversations(world: World, operatorId: string, count: number): Promise<void> {
  const inbox = await world.inbox();
  for (let first = 0; first < count; first += 1_000) {
    const messages = Array.from({ length: Math.min(1_000, count - first) }, (_, i) => ({
      externalConversationId: `thread-${first + i}`,
      inboxId: inbox.id,
      customerPhoneNumber: '+4915112345678',
    }));
    await world.app
      .call('post', '/orchestrator/messages/batch', world.orchestrator)
      .send({ messages })
      .expect(200);
  }
  await world.app.database.rows(
    `with held as (
      update conversations
      set state = 'ALLOCATED', assigned_operator_id = $2, basis_at = null, saturated = null, queue_key = null,
        version = 2, last_event_id = gen_random_uuid()
      where tenant_id = $1
      returning *
    ), ${entries(`
      insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
        actor_type, actor_id, reason, from_state, from_inbox_id, to_state, to_operator_id, to_inbox_id)
      select $1, last_event_id, 'conversation.claimed', id, inbox_id, external_conversation_id, 2, 'OPERATOR', $2::text,
        'Picked by the operator', 'QUEUED', inbox_id, 'ALLOCATED', $2, inbox_id
      from held`)}
    select 1`,
    [world.tenantId, operatorId],
  );
}
