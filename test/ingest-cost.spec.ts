import { Client } from 'pg';
import { newId } from '../src/database/id.js';
import { ingestItems } from '../src/ingest/ingest-messages.js';
import type { NormalisedMessage } from '../src/ingest/read-message.js';
import { TestApplication } from './support/application.js';
import { messageTo, reportBatch } from './support/messages.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const messages = (count: number, ...[inbox]: Parameters<typeof messageTo>) =>
  Array.from({ length: count }, () => ({
    ...messageTo(inbox),
    messageId: newId(),
    lead: { externalId: newId() },
  }));

it('a batch has the same number of statements at any length', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const spy = jest.spyOn(Client.prototype, 'query');
  const counts: number[] = [];
  for (const length of [1, 10, 1_000]) {
    const before = spy.mock.calls.length;
    await reportBatch(world, messages(length, inbox));
    counts.push(spy.mock.calls.length - before);
  }
  spy.mockRestore();
  // Who is calling, BEGIN, the tenant, the messages, COMMIT.
  expect(counts).toEqual([5, 5, 5]);
});

it('a batch reads a few rows for each message with any number of conversations', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  for (let i = 0; i < 4; i++) await reportBatch(world, messages(1_000, inbox));
  const known = messages(50, inbox);
  await reportBatch(world, known);
  await app.database.rows('vacuum analyze');

  const items = ingestItems(
    [...known, ...messages(50, inbox)].map((message, index) => ({
      message: { ...(message as NormalisedMessage), messageId: newId() },
      index,
    })),
  );
  const { owner } = app.database;
  await owner.query('begin');
  // As every session of the service is set: a plan that does not know how few there are.
  await owner.query('set local plan_cache_mode = force_generic_plan');
  await owner.query('set local enable_seqscan = off');
  const { rows } = await owner.query('select * from ingest_messages($1, $2, $3)', [
    world.tenantId,
    'orchestrator',
    JSON.stringify(items),
  ]);
  const [read] = await app.database.rows<{ rows: number }>(
    `select sum(seq_tup_read + idx_tup_fetch)::integer as rows from pg_stat_xact_user_tables
    where relname in ('conversations', 'leads', 'lead_keys', 'processed_messages', 'conversation_events')`,
  );
  await owner.query('rollback');

  expect(rows).toHaveLength(100);
  expect(read?.rows).toBeLessThan(10 * items.length);
});
