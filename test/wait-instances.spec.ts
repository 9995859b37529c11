import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, reportBatch } from './support/messages.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const LATE = 1_500;
const BATCH = 500;
const TARGET_SECONDS = 60;
const INBOXES = 10;

let app: TestApplication;
let world: World;
const instances: ServiceProcess[] = [];

/** The ledger is so slow that an instance is killed in the middle of a batch. */
beforeAll(async () => {
  app = await TestApplication.start();
  await app.database.rows(`
    create function slow_ledger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.002); return new; end $$;
    create trigger slow_ledger before insert on conversation_events for each row
      when (new.type = 'conversation.overdue' or new.type = 'inbox.unattended') execute function slow_ledger()`);
});
beforeEach(async () => {
  world = await World.create(app);
});
afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.stop()));
  await expectInvariants(app.database, world.tenantId);
});
afterAll(() => app.stop());

async function start(): Promise<ServiceProcess> {
  const instance = await ServiceProcess.start(app.database.url, { WAIT_SWEEP_INTERVAL_SECONDS: '1' });
  instances.push(instance);
  return instance;
}

/** Counts rows of the tenant, which is $1. */
const count = async (from: string) => {
  const text = `select count(*)::integer as count from ${from}`;
  const [row] = await app.database.rows<{ count: number }>(text, [world.tenantId]);
  return row!.count;
};
const entries = (type: string) => count(`conversation_events where tenant_id = $1 and type = '${type}'`);

/** Starts an instance, kills it while the function runs, and starts two others. */
async function killedIn(sweep: string): Promise<void> {
  const killed = await start();
  const isRunning = `pg_stat_activity where $1::uuid is not null and state = 'active' and wait_event = 'PgSleep'
    and query like 'select ${sweep}(%'`;
  await until(async () => (await count(isRunning)) > 0);
  await killed.stop('SIGKILL');
  await Promise.all([start(), start()]);
}

it('reports overdue waits once each: an instance is killed meanwhile, and two others go on', async () => {
  const inbox = await world.inbox({ waitTargetSeconds: TARGET_SECONDS });
  const olivia = await world.operator({ inboxes: [inbox] });
  const occurredAt = new Date(Date.now() - 300_000).toISOString();
  const ids: string[] = [];
  for (let first = 0; first < LATE; first += BATCH) {
    const messages = Array.from({ length: BATCH }, () => messageTo(inbox, { occurredAt }));
    for (const { conversationId } of await reportBatch(world, messages)) ids.push(conversationId!);
  }

  await killedIn('report_overdue_waits');
  // Some are taken and returned meanwhile, before or after they are reported.
  for (const id of ids.slice(-20)) {
    await world.claim(id, olivia);
    await world.deallocate(id);
  }
  await until(async () => (await count('conversations where tenant_id = $1 and not is_overdue')) === 0);

  expect(
    await app.database.rows(
      `select count(*)::integer as entries, count(distinct conversation_id)::integer as conversations,
        bool_and(e.occurred_at >= c.waiting_since + interval '${TARGET_SECONDS} seconds') as in_time
      from conversation_events e join conversations c on c.id = e.conversation_id
      where e.tenant_id = $1 and e.type = 'conversation.overdue'`,
      [world.tenantId],
    ),
  ).toEqual([{ entries: LATE, conversations: LATE, in_time: true }]);
}, 60_000);

it('reports unattended inboxes once each: an instance is killed meanwhile, and two others go on', async () => {
  await world.change({ unattendedSeconds: 1 });
  const inboxes = await Promise.all(Array.from({ length: INBOXES }, () => world.inbox()));
  const olivia = await world.operator({ inboxes, status: 'OFFLINE' });
  await reportBatch(
    world,
    inboxes.map((inbox) => messageTo(inbox)),
  );

  await killedIn('sweep_attendance');
  await until(async () => (await entries('inbox.unattended')) === INBOXES);
  await world.setStatus(olivia, 'AVAILABLE');
  await until(async () => (await entries('inbox.attended')) === INBOXES);
  await world.setStatus(olivia, 'PAUSED');
  await until(async () => (await entries('inbox.unattended')) === 2 * INBOXES);

  expect(
    await app.database.rows(
      `select array_agg(distinct s.story) as stories, count(*)::integer as inboxes from (
        select string_agg(e.type, ' ' order by e.occurred_at) as story from conversation_events e
        where e.tenant_id = $1 and e.type like 'inbox.%' group by e.inbox_id) s`,
      [world.tenantId],
    ),
  ).toEqual([{ stories: ['inbox.unattended inbox.attended inbox.unattended'], inboxes: INBOXES }]);
}, 60_000);
