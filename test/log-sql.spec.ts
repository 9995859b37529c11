import { once } from 'node:events';
import { readEnvironment } from '../src/config/environment.js';
import { applicationDataSource } from '../src/database/data-source.js';
import { PreparingClient } from '../src/database/preparing-client.js';
import { TestApplication } from './support/application.js';
import { secretsIn } from './support/secrets-in-log.js';
import { ServiceProcess } from './support/service-process.js';
import { PLATFORM_KEY, serviceVariables } from './support/settings.js';
import { World } from './support/world.js';

const PHONE = '+4915155577788';
const NAME = 'Carla Unmistakable';
const EMAIL = 'carla.secret@customer.example';

describe('LOG_SQL=yes', () => {
  let app: TestApplication;
  let world: World;
  let service: ServiceProcess;
  let log = '';
  beforeAll(async () => {
    app = await TestApplication.start();
    world = await World.create(app);
    service = await ServiceProcess.start(app.database.url, { LOG_SQL: 'yes', LOG_LEVEL: 'info' });
    service.process.stdout!.on('data', (chunk: Buffer) => (log += chunk.toString()));
  });
  afterAll(async () => {
    await service.stop();
    await app.stop();
  });

  const call = (method: string, path: string, body?: object) =>
    fetch(`${service.url}/api/v1${path}`, {
      method,
      headers: {
        ...(method === 'POST' ? world.orchestrator : world.admin),
        'Content-Type': 'application/json',
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
  const logged = async (part: string) => {
    while (!log.includes(part)) await once(service.process.stdout!, 'data');
    const line = log.split('\n').find((each) => each.includes(part));
    return JSON.parse(line ?? '') as {
      context: string;
      ms: number;
      rows?: number;
      code?: string;
      msg: string;
    };
  };

  it('logs each statement on its own line, with its time and rows', async () => {
    expect((await call('GET', '/inboxes')).status).toBe(200);
    const line = await logged('set_config');
    expect(line).toEqual({
      level: 'info',
      time: expect.any(String),
      context: 'SQL',
      ms: expect.any(Number),
      rows: 1,
      msg: "select set_config('app.tenant_id', $1::uuid::text, true)",
    });
    expect(line.ms).toBeGreaterThan(0);
    expect(await logged('COMMIT')).toMatchObject({ context: 'SQL' });
  });

  it('logs no values of parameters, even of failed statements', async () => {
    const inbox = await world.inbox();
    const message = {
      externalConversationId: NAME,
      inboxId: inbox.id,
      customerPhoneNumber: PHONE,
      lead: { externalId: NAME, name: NAME, email: EMAIL },
    };
    expect((await call('POST', '/orchestrator/messages', message)).status).toBe(201);
    const search = `/conversations/search?phoneNumber=${encodeURIComponent(PHONE)}`;
    expect((await call('GET', search)).status).toBe(200);
    await app.database.rows('begin');
    await app.database.rows('lock table conversations in access exclusive mode');
    const failed = await call('GET', search);
    await app.database.rows('rollback');
    expect(failed.status).toBe(503);
    expect(await logged('"code":"55P03"')).toMatchObject({ context: 'SQL' });
    // The line of the refused request names the tenant, and those of statements must not.
    await logged('"code":"DATABASE_UNAVAILABLE"');
    expect(secretsIn(log, [PLATFORM_KEY, NAME, PHONE, EMAIL])).toEqual([]);
    const statements = log.split('\n').filter((line) => line.includes('"context":"SQL"'));
    expect(statements.length).toBeGreaterThan(0);
    expect(secretsIn(statements.join('\n'), [world.tenantId])).toEqual([]);
  });
});

describe('by default', () => {
  it('nobody observes the statements', () => {
    const { database } = readEnvironment(serviceVariables('postgres://inbox@127.0.0.1/inbox'));
    expect(applicationDataSource(database, []).extra).toHaveProperty('Client', PreparingClient);
  });
});
