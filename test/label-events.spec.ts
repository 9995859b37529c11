import { newEntry } from './support/behind.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { define, labelling } from './support/labelling.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

describe('attaching and detaching a label', () => {
  it('raises the version and names actor and label in the ledger, in each state', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const holder = await world.operator({ inboxes: [inbox] });
    const label = await define(world, inbox, { name: 'VIP' });
    const of = [await world.queued(inbox), await world.allocated(inbox, holder), await world.resolved(inbox)];
    for (const conversation of of) {
      const { id, version, state, assignedOperatorId: operatorId } = conversation;
      const place = { state, operatorId, inboxId: inbox.id };
      for (const [method, type, reason, raised] of [
        ['put', 'conversation.labelled', 'Labelled: VIP', 1],
        ['delete', 'conversation.unlabelled', 'No longer labelled: VIP', 2],
      ] as const) {
        const entry = await newEntry(world, id, () =>
          labelling(world, method, conversation, label).expect(204),
        );
        expect(entry).toMatchObject({ type, reason, version: version + raised, from: place, to: place });
        expect(entry.actor).toEqual({ type: 'OPERATOR', id: world.admin['X-Operator-Id'] });
        expect(await world.conversation(id)).toMatchObject({ version: version + raised, state });
      }
    }
  });
});
