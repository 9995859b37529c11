import { setTimeout as pause } from 'node:timers/promises';
import { TestApplication } from './support/application.js';
import { manyConversations } from './support/many-conversations.js';
import { messageTo } from './support/messages.js';
import { ServiceProcess } from './support/service-process.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

const CONVERSATIONS = 100_000;
/** Callers of the other tenant, each with one request at a time. */
const CALLERS = 4;
const TURN_MS = 2_000;
/** The share of its rate that another tenant must keep. */
const KEPT = 0.75;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const PLATFORM = { Authorization: `Bearer ${PLATFORM_KEY}` };

async function rowsOf({ tenantId }: World): Promise<number> {
  const [row] = await app.database.rows<{ rows: number }>(
    `select (select count(*) from conversations where tenant_id = $1)::integer
      + (select count(*) from conversation_events where tenant_id = $1)::integer
      + (select count(*) from tenants where id = $1)::integer as rows`,
    [tenantId],
  );
  return row!.rows;
}

/**
 * The deletion runs in a process of its own, which is stopped and continued in turns. So both rates are of the same
 * minutes, and what else the machine does slows both.
 */
it('a tenant of 100,000 conversations is deleted while another one keeps three quarters of its rate', async () => {
  const gone = await World.create(app);
  await manyConversations(app, gone, (await gone.inbox()).id, CONVERSATIONS);
  const stays = await World.create(app);
  const inbox = await stays.inbox();

  const service = await ServiceProcess.start(app.database.url, {
    // An hour: the other process deletes.
    UNFINISHED_CHANGES_INTERVAL_SECONDS: '3600',
  });
  const call = async (path: string, headers: Record<string, string>, body: unknown) => {
    const response = await fetch(`${service.url}/api/v1${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.status >= 300) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };

  let isOver = false;
  let done = 0;
  /** A customer writes, an operator takes what waited longest and resolves it. */
  const work = async () => {
    const { headers } = await stays.operator({ inboxes: [inbox], maxLoad: null });
    while (!isOver) {
      await call('/orchestrator/messages', stays.orchestrator, messageTo(inbox));
      const taken = (await call('/allocation/allocate', headers, {})) as { conversation: { id: string } };
      await call('/allocation/resolve', headers, { conversationId: taken.conversation.id });
      done++;
    }
  };
  const working = Promise.all(Array.from({ length: CALLERS }, work));
  const rateOf = async (ms: number) => {
    const [begun, before] = [performance.now(), done];
    await Promise.race([pause(ms), working]);
    return { seconds: (performance.now() - begun) / 1_000, done: done - before };
  };

  await app.call('patch', `/tenants/${gone.tenantId}`, PLATFORM).send({ isSuspended: true }).expect(200);
  await rateOf(2 * TURN_MS);
  const deleter = await ServiceProcess.start(app.database.url, { UNFINISHED_CHANGES_INTERVAL_SECONDS: '1' });
  const beside = { seconds: 0, done: 0 };
  const alone = { seconds: 0, done: 0 };
  try {
    await app.call('delete', `/tenants/${gone.tenantId}`, PLATFORM).expect(202);
    while ((await rowsOf(gone)) > 0) {
      for (const [signal, sum] of [
        ['SIGCONT', beside],
        ['SIGSTOP', alone],
      ] as const) {
        deleter.process.kill(signal);
        const turn = await rateOf(TURN_MS);
        sum.seconds += turn.seconds;
        sum.done += turn.done;
      }
      const [left, kept] = [await rowsOf(gone), beside.done / beside.seconds / (alone.done / alone.seconds)];
      process.stderr.write(
        `${left} rows are left; the other tenant keeps ${(100 * kept).toFixed()} % of its rate\n`,
      );
    }
  } finally {
    isOver = true;
    deleter.process.kill('SIGCONT');
    await working.catch(() => undefined);
    await Promise.all([deleter.stop(), service.stop()]);
  }
  await working;
  expect(beside.done / beside.seconds / (alone.done / alone.seconds)).toBeGreaterThan(KEPT);
}, 300_000);
