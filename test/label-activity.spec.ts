import type { LabelResponse } from '../src/labels/label.js';
import { TestApplication, type Headers } from './support/application.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { expectInvariants } from './support/invariants.js';
import { define, labelling } from './support/labelling.js';
import { messageTo, report, reportBatch } from './support/messages.js';
import { follow } from './support/pages.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

/** The external ids of a list, read in pages of `limit`. */
async function threads(
  caller: Headers,
  query: Record<string, string>,
  limit = 2,
): Promise<(string | null)[]> {
  const listed = await follow(app, '/conversations', caller, { ...query, limit });
  return listed.map(({ externalConversationId }) => externalConversationId);
}

/** A conversation of each name with the label, whose messages are a minute apart. The first is the newest. */
async function labelled(
  world: World,
  inbox: Awaited<ReturnType<World['inbox']>>,
  label: LabelResponse,
  names: string[],
): Promise<{ id: string }[]> {
  const made: { id: string }[] = [];
  for (const [minute, externalId] of names.entries()) {
    const conversation = await world.queued(inbox, { externalId, minutesAgo: 10 + minute });
    await labelling(world, 'put', conversation, label).expect(204);
    made.push(conversation);
  }
  return made;
}

describe('a list by a label', () => {
  it('follows the messages of the customers', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const label = await define(world, inbox);
    await labelled(world, inbox, label, ['a', 'b', 'c', 'd']);
    const list = (query: Record<string, string> = {}) =>
      threads(world.admin, { labelId: label.id, ...query });
    expect(await list()).toEqual(['a', 'b', 'c', 'd']);

    const message = (thread: string, minutes: number) =>
      messageTo(inbox, { externalConversationId: thread, occurredAt: minutesBefore(minutes) });
    await report(world, message('c', 5));
    // One that arrives late changes nothing.
    await report(world, message('d', 60));
    expect(await list()).toEqual(['c', 'a', 'b', 'd']);

    await reportBatch(world, [message('d', 2), message('new', 1), message('b', 3)]);
    expect(await list()).toEqual(['d', 'b', 'c', 'a']);
    expect(await list({ sort: 'oldest' })).toEqual(['a', 'c', 'b', 'd']);
  });

  it('has the messages that came before a label was attached to the whole inbox, and before a move', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const ids: string[] = [];
    for (const externalId of ['a', 'b', 'c'])
      ids.push((await world.queued(inbox, { externalId, minutesAgo: 20 - ids.length })).id);
    const label = await define(world, inbox, { name: 'Everywhere', attachToExisting: true });
    await define(world, other, { name: 'everywhere' });
    await report(world, messageTo(inbox, { externalConversationId: 'a', occurredAt: minutesBefore(1) }));
    expect(await threads(world.admin, { labelId: label.id })).toEqual(['a', 'c', 'b']);

    const move = { conversationId: ids[1], inboxId: other.id };
    await app.call('post', '/allocation/move-inbox', world.admin).send(move).expect(200);
    expect(await threads(world.admin, { labelId: label.id })).toEqual(['a', 'c']);
    expect(await threads(world.admin, { labelName: 'EVERYWHERE' })).toEqual(['a', 'c', 'b']);
  });

  it('has a conversation with several of the labels once', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const labels: LabelResponse[] = [];
    for (let n = 0; n < 4; n++) labels.push(await define(world, inbox));
    const made = await labelled(world, inbox, labels[0]!, ['a', 'b', 'c', 'd', 'e']);
    for (const [n, conversation] of made.entries())
      for (const label of labels.slice(1, 1 + (n % 4)))
        await labelling(world, 'put', conversation, label).expect(204);
    const labelId = labels.map(({ id }) => id).join();
    for (const limit of [1, 2, 3, 10])
      expect(await threads(world.admin, { labelId }, limit)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const two = labels
      .slice(2)
      .map(({ id }) => id)
      .join();
    expect(await threads(world.admin, { labelId: two }, 1)).toEqual(['c', 'd']);
  });

  it('has what an OPERATOR sees of more inboxes than a page has rows', async () => {
    const world = await World.create(app);
    const inboxes: Awaited<ReturnType<World['inbox']>>[] = [];
    for (let n = 0; n < 5; n++) inboxes.push(await world.inbox());
    const made: { id: string }[] = [];
    for (const [n, inbox] of inboxes.entries()) {
      const label = await define(world, inbox, { name: 'Urgent' });
      made.push(...(await labelled(world, inbox, label, [`${n} newer`, `${n} older`])));
    }
    const operator = await world.operator({ inboxes: inboxes.slice(0, 4) });
    // It stays with them, where they do not see the rest.
    await world.claim(made[7]!.id, operator);
    await world.unsubscribe(inboxes[3]!, operator);
    const of = (numbers: number[]) => [
      ...numbers.map((n) => `${n} newer`),
      ...numbers.map((n) => `${n} older`),
    ];
    for (const limit of [1, 2, 20]) {
      const all = await threads(world.admin, { labelName: 'urgent' }, limit);
      expect([...all].sort()).toEqual(of([0, 1, 2, 3, 4]).sort());
      expect(all.slice(0, 5).every((name) => name?.endsWith('newer'))).toBe(true);
      const seen = await threads(operator.headers, { labelName: 'urgent' }, limit);
      expect([...seen].sort()).toEqual([...of([0, 1, 2]), '3 older'].sort());
      const inboxId = `${inboxes[1]!.id},${inboxes[4]!.id}`;
      expect(await threads(operator.headers, { labelName: 'urgent', inboxId }, limit)).toEqual([
        '1 newer',
        '1 older',
      ]);
    }
  });
});

it('a message that waited for a label to be attached is in its order', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const label = await define(world, inbox);
  const [older] = await labelled(world, inbox, label, ['newer']);
  const conversation = await world.queued(inbox, { externalId: 'older', minutesAgo: 30 });
  expect(older!.id).not.toBe(conversation.id);
  const attaching = await app.database.session();
  try {
    await attaching.query('begin');
    const values = [world.tenantId, conversation.id];
    await attaching.query(
      'select 1 from conversations where tenant_id = $1 and id = $2 for no key update',
      values,
    );
    const message = messageTo(inbox, { externalConversationId: 'older', occurredAt: minutesBefore(1) });
    const reported = report(world, message);
    await sessionsWaiting(app.database, 1);
    await attaching.query(
      `insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
      select c.tenant_id, c.id, $3, c.last_message_at from conversations c where c.tenant_id = $1 and c.id = $2`,
      [...values, label.id],
    );
    await attaching.query('commit');
    await reported;
  } finally {
    await attaching.end();
  }
  expect(await threads(world.admin, { labelId: label.id })).toEqual(['older', 'newer']);
});

it('messages of conversations with a label that is being deleted are ingested', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const [kept, deleted] = [await define(world, inbox), await define(world, inbox)];
  const names = Array.from({ length: 12 }, (_, n) => `thread-${n}`);
  const made = await labelled(world, inbox, kept, names);
  for (const conversation of made) await labelling(world, 'put', conversation, deleted).expect(204);
  const messages = [...names]
    .reverse()
    .map((externalConversationId) => messageTo(inbox, { externalConversationId }));
  const [, results] = await Promise.all([
    app.call('delete', `/labels/${deleted.id}`, world.admin).expect(204),
    reportBatch(world, messages),
  ]);
  expect(results.map(({ status }) => status)).toEqual(names.map(() => 200));
  expect(await threads(world.admin, { labelId: kept.id }, 20)).toHaveLength(12);
});
