import type { LabelResponse } from '../src/labels/label.js';
import { TestApplication } from './support/application.js';
import { TIMES } from './support/chance.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { define, defining, labelling, labelsOf, misplaced } from './support/labelling.js';
import { messageTo, report } from './support/messages.js';
import { page } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

const NOWHERE = { id: '019c8f00-0000-7000-8000-00000000dead' };

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const listing = ({ id }: { id: string }, caller: World['admin']) =>
  app.call('get', `/conversations/${id}/labels`, caller);
const moving = (world: World, { id }: { id: string }, inbox: { id: string }) =>
  app.call('post', '/allocation/move-inbox', world.admin).send({ conversationId: id, inboxId: inbox.id });

describe('attaching and detaching', () => {
  it('appears in the list, in the conversation and in the filter', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const conversation = await world.queued(inbox);
    await world.queued(inbox);
    const vip = await define(world, inbox, { name: 'VIP', color: '#9333ea' });
    const angry = await define(world, inbox, { name: 'Angry' });

    await labelling(world, 'put', conversation, vip).expect(204, {});
    await labelling(world, 'put', conversation, angry).expect(204);

    const { body } = await listing(conversation, world.admin).expect(200);
    expect(body).toEqual({ data: [angry, vip], nextCursor: null, hasMore: false });
    expect((await world.conversation(conversation.id)).labels).toEqual([
      { id: angry.id, name: 'Angry', color: null },
      { id: vip.id, name: 'VIP', color: '#9333ea' },
    ]);
    for (const sort of ['newest', 'oldest', 'priority']) {
      const { data } = await page(app, '/conversations', world.admin, { labelId: vip.id, sort });
      expect(data.map(({ id }) => id)).toEqual([conversation.id]);
      expect(data[0]?.labels).toHaveLength(2);
    }

    await labelling(world, 'delete', conversation, vip).expect(204, {});

    expect(await labelsOf(world, conversation)).toEqual([angry.id]);
    expect(await page(app, '/conversations', world.admin, { labelId: vip.id })).toMatchObject({ data: [] });
  });

  it('may be repeated, even at the same time, and is recorded once', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const conversation = await world.queued(inbox);
    const label = await define(world, inbox);
    const five = [1, 2, 3, 4, 5];

    await Promise.all(five.map(() => labelling(world, 'put', conversation, label).expect(204)));
    await labelling(world, 'put', conversation, label).expect(204);
    expect(await labelsOf(world, conversation)).toEqual([label.id]);

    await Promise.all(five.map(() => labelling(world, 'delete', conversation, label).expect(204)));
    await labelling(world, 'delete', conversation, label).expect(204);
    expect(await labelsOf(world, conversation)).toEqual([]);
    expect(await world.history(conversation.id)).toEqual([
      'conversation.created',
      'conversation.labelled',
      'conversation.unlabelled',
    ]);
  });

  it('refuses a label of another inbox', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const conversation = await world.queued(inbox);
    const label = await define(world, other);

    await refused(labelling(world, 'put', conversation, label), 'LABEL_OF_OTHER_INBOX');
    await refused(labelling(world, 'delete', conversation, label), 'LABEL_OF_OTHER_INBOX');

    expect(await labelsOf(world, conversation)).toEqual([]);
  });

  it('is 404 for unknown labels and conversations', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const conversation = await world.queued(inbox);
    const label = await define(world, inbox);

    for (const verb of ['put', 'delete'] as const) {
      await refused(labelling(world, verb, conversation, NOWHERE), 'NOT_FOUND');
      await refused(labelling(world, verb, NOWHERE, label), 'NOT_FOUND');
      await invalid(labelling(world, verb, conversation, { id: 'nonsense' }), 'labelId');
    }
    await refused(listing(NOWHERE, world.admin), 'NOT_FOUND');
  });

  it('is 404 for another tenant', async () => {
    const [world, foreign] = [await World.create(app), await World.create(app)];
    const [inbox, theirs] = [await world.inbox(), await foreign.inbox()];
    const [conversation, theirConversation] = [await world.queued(inbox), await foreign.queued(theirs)];
    const [label, theirLabel] = [await define(world, inbox), await define(foreign, theirs)];

    for (const verb of ['put', 'delete'] as const) {
      await refused(labelling(world, verb, conversation, theirLabel), 'NOT_FOUND');
      await refused(labelling(world, verb, theirConversation, theirLabel), 'NOT_FOUND');
      await refused(labelling(world, verb, theirConversation, label), 'NOT_FOUND');
    }
    await refused(listing(theirConversation, world.admin), 'NOT_FOUND');
    await labelling(foreign, 'put', theirConversation, theirLabel).expect(204);
    expect(await page(app, '/conversations', world.admin, { labelId: theirLabel.id })).toMatchObject({
      data: [],
    });
  });
});

describe('who may label', () => {
  it('is the OPERATOR who holds the conversation', async () => {
    const world = await World.create(app);
    const [inbox, hidden] = [await world.inbox(), await world.inbox()];
    const [me, colleague] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox, hidden] }),
    ];
    const label = await define(world, inbox);
    const mine = await world.allocated(inbox, me);
    const visible = [
      await world.allocated(inbox, colleague),
      await world.queued(inbox),
      await world.resolved(inbox),
    ];
    const invisible = await world.queued(hidden);
    await define(world, hidden, { attachToExisting: true });

    for (const verb of ['put', 'delete'] as const) {
      await labelling(world, verb, mine, label, me.headers).expect(204);
      for (const conversation of visible) {
        await refused(labelling(world, verb, conversation, label, me.headers), 'FORBIDDEN');
      }
      await refused(labelling(world, verb, invisible, label, me.headers), 'NOT_FOUND');
    }
    for (const conversation of [mine, ...visible]) await listing(conversation, me.headers).expect(200);
    await refused(listing(invisible, me.headers), 'NOT_FOUND');
  });

  it('is a MANAGER, an ADMIN and the orchestrator for every conversation', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const manager = await world.operator({ role: 'MANAGER' });
    const holder = await world.operator({ inboxes: [inbox] });
    const label = await define(world, inbox);

    for (const conversation of [
      await world.queued(inbox),
      await world.allocated(inbox, holder),
      await world.resolved(inbox),
    ]) {
      for (const caller of [manager.headers, world.admin, world.orchestrator]) {
        await labelling(world, 'put', conversation, label, caller).expect(204);
        const { body } = await listing(conversation, caller).expect(200);
        expect((body as { data: LabelResponse[] }).data).toEqual([label]);
        await labelling(world, 'delete', conversation, label, caller).expect(204);
      }
    }
  });
});

describe('races', () => {
  it('never leave a label of the former inbox on a moved conversation', async () => {
    const world = await World.create(app);
    const [here, there] = [await world.inbox(), await world.inbox()];
    const [ofHere, ofThere] = [await define(world, here), await define(world, there)];
    const conversations = await Promise.all([1, 2, 3, 4].map(() => world.queued(here)));
    const statuses = new Set<number>();

    for (let round = 0; round < 10 * TIMES; round++) {
      const target = round % 2 === 0 ? there : here;
      const label = async (conversation: { id: string }, which: LabelResponse) => {
        const { status, body } = await labelling(world, 'put', conversation, which);
        statuses.add(status);
        if (status !== 204) expect(body).toMatchObject({ code: 'LABEL_OF_OTHER_INBOX' });
      };
      await Promise.all(
        conversations.flatMap((conversation) => [
          label(conversation, ofHere),
          moving(world, conversation, target).expect(200),
          label(conversation, ofThere),
        ]),
      );
      expect(await misplaced(world)).toEqual([]);
    }
    expect([...statuses].sort()).toEqual([204, 409]);
  }, 300_000);

  it('attach a new label to every conversation of the inbox, new ones included, and to no others', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const several = (where: typeof inbox) => Promise.all([1, 2, 3].map(() => world.queued(where)));
    const [staying, leaving, coming] = [await several(inbox), await several(inbox), await several(other)];

    for (let round = 0; round < 6 * TIMES; round++) {
      const name = `Round ${round}`;
      // The conversation has a label of that name. It keeps one: the move exchanges it, or the definition attaches it.
      const brought = await define(world, other, { name });
      await Promise.all(
        coming.map((conversation) => labelling(world, 'put', conversation, brought).expect(204)),
      );

      const moves = (some: typeof coming, to: typeof inbox) =>
        some.map((conversation) => moving(world, conversation, to).expect(200));
      const [{ body: label }] = await Promise.all([
        defining(world, inbox, { name, attachToExisting: true }).expect(201),
        ...moves(coming, inbox),
        ...moves(leaving, other),
        report(world, messageTo(inbox)),
      ]);

      expect(await misplaced(world)).toEqual([]);
      for (const conversation of [...staying, ...coming]) {
        expect(await labelsOf(world, conversation)).toContain(label.id);
      }
      await Promise.all([...moves(coming, other), ...moves(leaving, inbox)]);
    }
  }, 300_000);
});

describe('deleting a label', () => {
  it('fails an attach that waited for the deletion', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const [conversation, label] = [await world.queued(inbox), await define(world, inbox)];
    const somebody = await app.database.session();
    await somebody.query('begin');
    await somebody.query('delete from labels where id = $1', [label.id]);

    const attaching = refused(labelling(world, 'put', conversation, label), 'NOT_FOUND');
    await sessionsWaiting(app.database, 1);
    await somebody.query('commit');

    await attaching;
    expect(await labelsOf(world, conversation)).toEqual([]);
  });

  it('detaches it from a conversation to which it was just attached', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const [conversation, label] = [await world.queued(inbox), await define(world, inbox)];
    const somebody = await app.database.session();
    await somebody.query('begin');
    await somebody.query(
      `insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
        select c.tenant_id, c.id, $3, c.last_message_at from conversations c where c.tenant_id = $1 and c.id = $2`,
      [world.tenantId, conversation.id, label.id],
    );

    const deletion = app.call('delete', `/labels/${label.id}`, world.admin).then(({ status }) => status);
    await sessionsWaiting(app.database, 1);
    await somebody.query('commit');

    expect(await deletion).toBe(204);
    expect(await labelsOf(world, conversation)).toEqual([]);
  });

  it('never fails a simultaneous attach in another way', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const conversation = await world.queued(inbox);
    const kinds = new Set<string>();
    for (let round = 0; round < 8 * TIMES; round++) {
      const label = await define(world, inbox);
      const attach = async () => {
        const { status, body } = await labelling(world, 'put', conversation, label);
        kinds.add(status === 204 ? '204' : `${status} ${(body as { code: string }).code}`);
      };
      await Promise.all([
        attach(),
        app.call('delete', `/labels/${label.id}`, world.admin).expect(204),
        attach(),
      ]);
    }
    expect([...kinds].filter((kind) => !['204', '404 NOT_FOUND'].includes(kind))).toEqual([]);
    expect(await labelsOf(world, conversation)).toEqual([]);
  }, 300_000);
});
