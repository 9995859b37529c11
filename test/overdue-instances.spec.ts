import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, reportBatch } from './support/messages.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const LATE = 1_500;
const TARGET_SECONDS = 60;

const sweeping = { WAIT_SWEEP_INTERVAL_SECONDS: '1' };

/** So slow that an instance is killed in the middle of a batch. */
const SLOW_LEDGER = `
  create function slow_ledger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.001); return new; end $$;
  create trigger slow_ledger before insert on conversation_events for each row
    when (new.type = 'conversation.overdue') execute function slow_ledger()`;

const count = async ({ database }: TestApplication, from: string) =>
  (await database.rows<{ count: number }>(`select count(*)::integer as count from ${from}`))[0]!.count;

it(`reports ${LATE.toLocaleString('en')} overdue waits once each: one instance is killed meanwhile, and two go on`, async () => {
  const app = await TestApplication.start();
  const instances: ServiceProcess[] = [];
  try {
    const world = await World.create(app);
    const inbox = await world.inbox({ waitTargetSeconds: TARGET_SECONDS });
    const olivia = await world.operator({ inboxes: [inbox] });
    const occurredAt = new Date(Date.now() - 300_000).toISOString();
    const ids: string[] = [];
    for (let first = 0; first < LATE; first += 500) {
      const messages = Array.from({ length: 500 }, () => messageTo(inbox, { occurredAt }));
      for (const { conversationId } of await reportBatch(world, messages)) ids.push(conversationId!);
    }
    await app.database.rows(SLOW_LEDGER);

    const killed = await ServiceProcess.start(app.database.url, sweeping);
    instances.push(killed);
    await until(
      async () =>
        (await count(
          app,
          `pg_stat_activity where state = 'active' and query like 'select report_overdue_waits%'`,
        )) > 0,
    );
    await killed.stop('SIGKILL');
    const early = await count(app, `conversation_events where type = 'conversation.overdue'`);
    expect(early % 500).toBe(0);
    expect(early).toBeLessThan(LATE);

    instances.push(
      await ServiceProcess.start(app.database.url, sweeping),
      await ServiceProcess.start(app.database.url, sweeping),
    );
    // Some are taken and returned meanwhile, before or after they are reported.
    for (const id of ids.slice(-20)) {
      await world.claim(id, olivia);
      await world.deallocate(id);
    }
    await until(async () => (await count(app, `conversations where not is_overdue`)) === 0);

    expect(
      await app.database.rows(
        `select count(*)::integer as entries, count(distinct conversation_id)::integer as conversations,
          bool_and(e.occurred_at >= c.waiting_since + interval '${TARGET_SECONDS} seconds') as in_time
        from conversation_events e join conversations c on c.id = e.conversation_id
        where e.type = 'conversation.overdue'`,
      ),
    ).toEqual([{ entries: LATE, conversations: LATE, in_time: true }]);
    await expectInvariants(app.database, world.tenantId);
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()));
    await app.stop();
  }
}, 60_000);
