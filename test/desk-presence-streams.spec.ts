import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { PresenceSweep } from '../src/operators/presence-sweep.js';
import { StreamHub } from '../src/feed/stream-hub.js';
import { TestApplication } from './support/application.js';
import { Instances } from './support/instances.js';
import { invalid } from './support/refused.js';
import { putStatus, statusOf } from './support/statuses.js';
import { StreamReader } from './support/stream-reader.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const TIMEOUT = { presenceTimeoutSeconds: 30 };

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start({ STREAM_HEARTBEAT_SECONDS: '1' });
});
afterAll(() => app.stop());

const endsIn = ({ id }: { id: string }, seconds: number) =>
  app.database.rows(
    `update operator_presence set present_until = clock_timestamp() + $2 * interval '1 second' where operator_id = $1`,
    [id, seconds],
  );
const secondsLeft = async ({ id }: { id: string }) => {
  const [row] = await app.database.rows<{ left: number }>(
    `select extract(epoch from present_until - clock_timestamp())::float8 as left from operator_presence
    where operator_id = $1`,
    [id],
  );
  return row?.left ?? 0;
};

describe('an open stream', () => {
  it('renews the presence of its caller, and of nobody who did not ask for it', async () => {
    const world = await World.create(app, TIMEOUT);
    const [olivia, oscar] = [await world.operator(), await world.operator()];
    await endsIn(olivia, 1);
    await endsIn(oscar, 20);
    const streams = [
      await StreamReader.open(app.url, olivia.headers, { presence: 'true' }),
      await StreamReader.open(app.url, oscar.headers, { presence: 'false' }),
    ];
    expect(await secondsLeft(olivia)).toBeGreaterThan(20);
    await endsIn(olivia, 10);
    await until(async () => (await secondsLeft(olivia)) > 20);
    expect(await secondsLeft(oscar)).toBeLessThan(20);
    for (const stream of streams) stream.close();
  });

  it('makes nobody AVAILABLE', async () => {
    const world = await World.create(app, TIMEOUT);
    const olivia = await world.operator({ status: 'OFFLINE' });
    const stream = await StreamReader.open(app.url, olivia.headers, { presence: 'true' });
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'OFFLINE' });
    stream.close();
  });

  it('of a service has no presence', async () => {
    const world = await World.create(app, TIMEOUT);
    await invalid(app.call('get', '/events/stream?presence=true', world.orchestrator), 'presence');
    await app.call('get', '/events/stream?presence=yes', world.admin).expect(400);
  });
});

/** A desk: it follows the stream that renews its presence, and does nothing else. */
async function desk(url: string, headers: Record<string, string>) {
  const address = `${url}/api/v1/events/stream?presence=true`;
  const script = `fetch(process.argv[1], { headers: JSON.parse(process.argv[2]) }).then(async ({ status, body }) => {
    console.log(status);
    for await (const _ of body);
  })`;
  const child = spawn(process.execPath, ['-e', script, address, JSON.stringify(headers)]);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString().trim()).toBe('200');
  return child;
}

it('a desk that is killed while 10 a second arrive gets nothing later than a second after its presence', async () => {
  const instances = await Instances.start(app.database.url);
  const world = await World.create(app, TIMEOUT);
  const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
  const [olivia, oscar] = [
    await world.operator({ inboxes: [inbox] }),
    await world.operator({ inboxes: [inbox] }),
  ];
  const child = await desk(app.url, olivia.headers);
  const over = new AbortController();
  const arriving = (async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      const message = { externalConversationId: `thread-${n}`, inboxId: inbox.id };
      const { status } = await instances.post('/orchestrator/messages', world.orchestrator, message);
      expect(status).toBe(201);
      await pause(100);
    }
  })();
  try {
    const receivedBy = async (id: string, after = '-infinity') =>
      (
        await app.database.rows<{ late: number }>(
          `select 1 from conversation_events where to_operator_id = $1 and type = 'conversation.distributed'
          and occurred_at > $2::timestamptz`,
          [id, after],
        )
      ).length;
    await until(async () => (await receivedBy(olivia.id)) >= 3);
    const hub = app.nest.get(StreamHub);
    expect(hub.openStreams).toBe(1);
    child.kill('SIGKILL');
    await until(() => hub.openStreams === 0);

    // Nobody renews any more. The rest of her presence passes in a second instead of half a minute.
    await endsIn(olivia, 1);
    const [ended] = await app.database.rows<{ at: string; later: string }>(
      `select present_until::text as at, (present_until + interval '1 second')::text as later from operator_presence
      where operator_id = $1`,
      [olivia.id],
    );
    const { at, later } = ended!;
    await until(async () => (await receivedBy(oscar.id, later)) >= 10);
    expect(await receivedBy(olivia.id, at)).toBe(0);
    expect(await secondsLeft(olivia)).toBeLessThan(0);
    await app.database.rows(
      `insert into presence_sweeps (tenant_id, swept_at) values ($1, clock_timestamp() - interval '3 seconds')`,
      [world.tenantId],
    );
    await app.run(PresenceSweep);
    expect(await statusOf(world, olivia)).toMatchObject({ status: 'OFFLINE' });
    expect(await statusOf(world, oscar)).toMatchObject({ status: 'AVAILABLE' });

    await putStatus(world, olivia, { status: 'AVAILABLE' });
    const back = await receivedBy(olivia.id);
    await until(async () => (await receivedBy(olivia.id)) > back);
  } finally {
    over.abort();
    child.kill('SIGKILL');
    await arriving;
    await instances.stop();
  }
});
