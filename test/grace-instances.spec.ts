import { TestApplication } from './support/application.js';
import { ServiceProcess } from './support/service-process.js';
import { World } from './support/world.js';

const DUE = 10_000;

/** Conversations that an operator holds, with their ledger, as claiming them one by one would leave them. */
async function heldConversations(world: World, operatorId: string): Promise<void> {
  const inbox = await world.inbox();
  for (let first = 0; first < DUE; first += 1_000) {
    const messages = Array.from({ length: 1_000 }, (_, i) => ({
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
    )
    insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
      actor_type, actor_id, reason, from_state, from_inbox_id, to_state, to_operator_id, to_inbox_id)
    select $1, last_event_id, 'conversation.claimed', id, inbox_id, external_conversation_id, 2, 'OPERATOR', $2::text,
      'Picked by the operator', 'QUEUED', inbox_id, 'ALLOCATED', $2, inbox_id
    from held`,
    [world.tenantId, operatorId],
  );
}

describe('two instances', () => {
  it(`expire ${DUE.toLocaleString('en')} grace periods, each once and with one entry in the ledger`, async () => {
    const app = await TestApplication.start();
    const instances: ServiceProcess[] = [];
    try {
      const world = await World.create(app);
      const operator = await world.operator();
      await heldConversations(world, operator.id);
      await app
        .call('put', `/operators/${operator.id}/status`, operator.headers)
        .send({ status: 'OFFLINE' })
        .expect(200);
      await app.database.rows(`update grace_periods set expires_at = now() - interval '1 second'`);
      instances.push(
        await ServiceProcess.start(app.database.url),
        await ServiceProcess.start(app.database.url),
      );

      const answers = await Promise.all(
        instances.map(async ({ url }) => {
          const answer = await fetch(`${url}/api/v1/grace-periods/expire`, {
            method: 'POST',
            headers: world.admin,
          });
          return ((await answer.json()) as { expired: number }).expired;
        }),
      );

      expect(answers.reduce((sum, expired) => sum + expired)).toBe(DUE);
      expect(answers.every((expired) => expired > 0)).toBe(true);
      const [counted] = await app.database.rows(
        `select (select count(*)::int from conversations where state = 'QUEUED' and version = 3) as queued,
          (select count(*)::int from conversation_events where type = 'conversation.grace_expired') as entries,
          (select count(distinct conversation_id)::int from conversation_events
            where type = 'conversation.grace_expired') as conversations,
          (select count(*)::int from grace_periods) as left`,
      );
      expect(counted).toEqual({ queued: DUE, entries: DUE, conversations: DUE, left: 0 });
    } finally {
      await Promise.all(instances.map((instance) => instance.stop()));
      await app.stop();
    }
  }, 120_000);
});
