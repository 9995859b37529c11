import type { BulkPlan, BulkProgress } from '../src/bulk/bulk-responses.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { atOnce } from './support/instances.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const ITEMS = 1_000;
/** One in ten changes meanwhile. */
const CHANGED = 100;

let app: TestApplication;
let instances: ServiceProcess[];
beforeAll(async () => {
  app = await TestApplication.start();
  const variables = { DATABASE_POOL_SIZE: '10', UNFINISHED_CHANGES_INTERVAL_SECONDS: '1' };
  instances = await atOnce(2, () => ServiceProcess.start(app.database.url, variables));
}, 60_000);
afterAll(async () => {
  for (const instance of instances) await instance.stop();
  await app.stop();
});

it('a bulk of 1,000 goes on on another instance after a crash, each once, and forces none of those that changed', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const messages = Array.from({ length: ITEMS }, (_, n) => ({
    inboxId: inbox.id,
    externalConversationId: `thread-${n}`,
  }));
  await app.call('post', '/orchestrator/messages/batch', world.orchestrator).send({ messages }).expect(200);
  const request = { select: { filters: { state: ['QUEUED'] } }, action: { type: 'resolve' }, dryRun: true };
  const { body } = await app.call('post', '/allocation/bulk', world.admin).send(request).expect(200);
  const { planId, items } = body as BulkPlan;
  const progress = async () => {
    const path = `/allocation/bulk/${planId}?include=items`;
    return (await app.call('get', path, world.admin).expect(200)).body as BulkProgress;
  };

  const [first, second] = instances as [ServiceProcess, ServiceProcess];
  const changed = items
    .filter((_, n) => n % (ITEMS / CHANGED) === 0)
    .map(({ conversationId }) => conversationId);
  for (let n = 0; n < CHANGED; n += 10) {
    await Promise.all(
      changed
        .slice(n, n + 10)
        .map((id) => sent(second, 'PUT', `/conversations/${id}/boost`, world, { minutes: 5 })),
    );
  }
  expect(await sent(first, 'POST', '/allocation/bulk', world, { planId })).toBe(202);
  await until(async () => (await progress()).counts.done >= 50);
  await first.stop('SIGKILL');
  expect((await progress()).status).toBe('RUNNING');
  await until(async () => (await progress()).status === 'DONE', 60_000);

  const over = await progress();
  expect(over.counts).toEqual({
    items: ITEMS,
    pending: 0,
    done: ITEMS - CHANGED,
    refused: CHANGED,
    cancelled: 0,
  });
  const refused = over.items!.filter(({ outcome }) => outcome === 'REFUSED');
  expect(refused.map(({ conversationId }) => conversationId)).toEqual(changed);
  expect(new Set(refused.map(({ refusal }) => refusal))).toEqual(new Set(['VERSION_MISMATCH']));
  const rows = await app.database.rows<{ id: string; state: string; resolved: number }>(
    `select c.id, c.state, (
        select count(*)::integer from conversation_events e
        where e.tenant_id = $1 and e.conversation_id = c.id and e.type = 'conversation.resolved'
          and e.reason like '% in bulk ' || $2) as resolved
      from conversations c where c.tenant_id = $1`,
    [world.tenantId, planId],
  );
  const isChanged = new Set(changed);
  expect(
    rows.filter(
      ({ id, state, resolved }) =>
        !(isChanged.has(id) ? state === 'QUEUED' && resolved === 0 : state === 'RESOLVED' && resolved === 1),
    ),
  ).toEqual([]);
  await expectInvariants(app.database);
}, 120_000);

async function sent(
  { url }: ServiceProcess,
  method: string,
  path: string,
  { admin }: World,
  body: object,
): Promise<number> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...admin, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}
