import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isProblem, ProblemError, unwrap } from '../clients/typescript/src/client.js';
import { items } from '../clients/typescript/src/pages.js';
import { TestApplication } from './support/application.js';
import { clientOf } from './support/typed-client.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
});
afterAll(() => app.stop());

it('has the types of openapi.json', () => {
  const options = { maxBuffer: 2 ** 26, encoding: 'utf8' } as const;
  const made = execFileSync(process.execPath, ['scripts/write-client.mjs', '--print'], options);
  const isFresh = made === readFileSync('clients/typescript/src/openapi.ts', 'utf8');
  if (!isFresh) console.error('the client is out of date: run "npm run client:write" and commit it');
  expect(isFresh).toBe(true);
});

describe('a request', () => {
  it('has the data of the response, or throws its problem', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);
    const client = clientOf(app, operator.headers);
    const { conversation } = await unwrap(
      client.POST('/api/v1/allocation/claim', { body: { conversationId: id } }),
    );
    expect(conversation).toMatchObject({ id, state: 'ALLOCATED', assignedOperatorId: operator.id });

    const refused = await unwrap(
      client.POST('/api/v1/allocation/claim', { body: { conversationId: id } }),
    ).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ProblemError);
    if (!isProblem(refused, 'CONVERSATION_NOT_QUEUED')) throw refused;
    expect(refused.problem).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: operator.id });
    expect(isProblem(refused, 'NOT_FOUND', 'VERSION_MISMATCH')).toBe(false);
  });

  it('is done once when its response is lost, and repeated', async () => {
    let lost = 0;
    const client = clientOf(app, world.admin, {
      fetch: async (...request) => {
        const response = await fetch(...request);
        if (lost++ > 0) return response;
        throw new TypeError('fetch failed');
      },
    });
    const inbox = await unwrap(client.POST('/api/v1/inboxes', { body: { name: 'Once' } }));
    expect(lost).toBe(2);
    const named: string[] = [];
    for await (const { id, name } of items(client, '/api/v1/inboxes', { query: { limit: 1 } })) {
      if (name === 'Once') named.push(id);
    }
    expect(named).toEqual([inbox.id]);
  });
});
