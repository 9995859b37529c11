import { TestApplication } from './support/application.js';
import { Instances } from './support/instances.js';
import { messageTo } from './support/messages.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

it('messages that arrive while their inbox is archived are each ingested or refused', async () => {
  const world = await World.create(app);
  const next = await world.inbox();
  const instances = await Instances.start(app.database.url);
  try {
    for (let round = 0; round < 4; round++) {
      const old = await world.inbox({ phoneNumber: `+49309018${20 + round}` });
      const redirects = round % 2 === 0;
      const change = { isActive: false, ...(redirects ? { redirectToInboxId: next.id } : {}) };
      const calls = Array.from({ length: 24 }, (_, n) => {
        if (n === 8) return instances.patch(`/inboxes/${old.id}`, world.admin, change);
        const { inboxId, ...thread } = messageTo(old, { externalConversationId: `thread-${round}-${n % 5}` });
        const named = n % 2 === 0 ? { inboxId } : { inboxPhoneNumber: old.phoneNumber };
        return instances.post('/orchestrator/messages', world.orchestrator, { ...thread, ...named });
      });
      const responses = await Promise.all(calls);
      const codes = responses.map(({ status, body }) => body.code ?? status);
      expect([...new Set(codes)].filter((code) => ![200, 201, 'INBOX_INACTIVE'].includes(code))).toEqual([]);

      const stored = await app.database.rows<{ inbox_id: string; thread: string; messages: number }>(
        `select origin_inbox_id as inbox_id, external_conversation_id as thread, message_count as messages
        from conversations where tenant_id = $1 and external_conversation_id like $2`,
        [world.tenantId, `thread-${round}-%`],
      );
      expect(new Set(stored.map(({ thread }) => thread)).size).toBe(stored.length);
      // All but the change of the inbox.
      const ingested = responses.filter(({ body }) => body.conversation !== undefined).length;
      expect(stored.reduce((sum, { messages }) => sum + messages, 0)).toBe(ingested);
      if (redirects) expect(ingested).toBe(23);
    }
  } finally {
    await instances.stop();
  }
});
