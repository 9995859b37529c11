import { TestApplication } from './support/application.js';
import { heldConversations } from './support/held-conversations.js';
import { until } from './support/until.js';
import { ServiceProcess } from './support/service-process.js';
import { World } from './support/world.js';

const DUE = 5_000;

describe('two instances', () => {
  it(`expire ${DUE.toLocaleString('en')} grace periods, each once and with one entry in the ledger`, async () => {
    const app = await TestApplication.start();
    const instances: ServiceProcess[] = [];
    try {
      const world = await World.create(app);
      const operator = await world.operator();
      await heldConversations(world, operator.id, DUE);
      await world.setStatus(operator, 'OFFLINE', operator.headers);
      await until(async () => (await app.database.rows('select from deadlines')).length === DUE);
      await world.endGracePeriods();
      instances.push(
        await ServiceProcess.start(app.database.url),
        await ServiceProcess.start(app.database.url),
      );

      const responses = await Promise.all(
        instances.map(async ({ url }) => {
          const response = await fetch(`${url}/api/v1/grace-periods/expire`, {
            method: 'POST',
            headers: world.admin,
          });
          return ((await response.json()) as { expired: number }).expired;
        }),
      );

      expect(responses.reduce((sum, expired) => sum + expired)).toBe(DUE);
      expect(responses.every((expired) => expired > 0)).toBe(true);
      const [counted] = await app.database.rows(
        `select (select count(*)::int from conversations where state = 'QUEUED' and version = 3) as queued,
          (select count(*)::int from conversation_events where type = 'conversation.grace_expired') as entries,
          (select count(distinct conversation_id)::int from conversation_events
            where type = 'conversation.grace_expired') as conversations,
          (select count(*)::int from deadlines) as left`,
      );
      expect(counted).toEqual({ queued: DUE, entries: DUE, conversations: DUE, left: 0 });
    } finally {
      await Promise.all(instances.map((instance) => instance.stop()));
      await app.stop();
    }
  }, 120_000);
});
