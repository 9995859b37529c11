import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { Explanation } from '../src/allocation/explain.js';
import { DistributionSweep } from '../src/distribution/distribution-sweep.js';
import { ForgetExpired } from '../src/idempotency/forget-expired.js';
import { TestApplication } from './support/application.js';
import { Instances, tally } from './support/instances.js';
import { expectInvariants } from './support/invariants.js';
import { arrives, holdersOf, lastEntry } from './support/pushing.js';
import { World, type Person } from './support/world.js';

/** Operators give back and hand over what they hold, and are not given it again for a while. */
let app: TestApplication;
let instances: Instances;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  instances = await Instances.start(app.database.url);
});
afterAll(async () => {
  await instances.stop();
  await app.stop();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterEach(() => expectInvariants(app.database, world.tenantId));

const release = (by: Person, conversationId: string, more: object = {}) =>
  instances.post('/allocation/release', by.headers, { conversationId, ...more });
const transfer = (by: Person, conversationId: string, to: object) =>
  instances.post('/allocation/transfer', by.headers, { conversationId, ...to });
const idOf = (conversation: { id: string } | null) => conversation?.id ?? null;

/** Ends all declines, as time would. */
const endDeclines = async () => {
  for (const table of ['declines', 'conversations'])
    await app.database.rows(
      `update ${table} set declined_until = now() - interval '1 second' where tenant_id = $1 and declined_until > now()`,
      [world.tenantId],
    );
};

async function explained(id: string, { id: operatorId }: Person) {
  const { body } = await app.call('get', `/conversations/${id}/explain`, world.admin).expect(200);
  return (body as Explanation).operators.find((each) => each.operatorId === operatorId);
}

describe('release', () => {
  let inbox: InboxResponse;
  let olivia: Person;
  beforeEach(async () => {
    inbox = await world.inbox();
    olivia = await world.operator({ inboxes: [inbox] });
  });

  it('gives a conversation back with its age, and says why', async () => {
    const held = await world.allocated(inbox, olivia, { minutesAgo: 30 });

    const { status, body } = await release(olivia, held.id, { reason: 'Claimed by mistake' });

    expect([status, body.conversation]).toEqual([
      200,
      expect.objectContaining({ state: 'QUEUED', assignedOperatorId: null, waitingSince: held.waitingSince }),
    ]);
    expect(await lastEntry(world, held.id)).toMatchObject({
      type: 'conversation.returned',
      actor: { type: 'OPERATOR', id: olivia.id },
      reason: 'Claimed by mistake',
      from: { state: 'ALLOCATED', operatorId: olivia.id },
      to: { state: 'QUEUED', operatorId: null },
    });
  });

  it('is not given back to the operator who released it while somebody else could take it, who looks deeper', async () => {
    const oscar = await world.operator({ inboxes: [inbox] });
    const held = await world.allocated(inbox, olivia, { minutesAgo: 60 });
    const younger = await world.queued(inbox, { minutesAgo: 5 });
    await release(olivia, held.id);

    expect(await explained(held.id, olivia)).toMatchObject({
      eligible: false,
      reasons: ['DECLINED'],
      declinedUntil: expect.any(String) as string,
    });
    expect(await explained(held.id, oscar)).toMatchObject({ eligible: true, declinedUntil: null });
    expect(idOf(await world.allocate(olivia))).toBe(younger.id);
    expect(await world.allocate(olivia)).toBeNull();
    expect(idOf(await world.allocate(oscar))).toBe(held.id);
  });

  it('passes over many that are declined', async () => {
    await world.operator({ inboxes: [inbox] });
    for (let i = 0; i < 12; i++) {
      const { id } = await world.allocated(inbox, olivia, { minutesAgo: 60 + i });
      await release(olivia, id);
    }
    const last = await world.queued(inbox);
    expect(idOf(await world.allocate(olivia))).toBe(last.id);
    expect(await world.allocate(olivia)).toBeNull();
  });

  it('is given to its former holder when nobody else could take it, and when the decline has ended', async () => {
    const oscar = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const held = await world.allocated(inbox, olivia);
    await release(olivia, held.id);
    expect(await world.allocate(olivia)).toBeNull();

    const other = await world.allocated(inbox, oscar, { minutesAgo: 90 });
    expect(await explained(held.id, olivia)).toMatchObject({ eligible: true, reasons: [] });
    expect(idOf(await world.allocate(olivia))).toBe(held.id);

    await world.resolve(other.id);
    await release(olivia, held.id);
    expect(await world.allocate(olivia)).toBeNull();
    await endDeclines();
    expect(idOf(await world.allocate(olivia))).toBe(held.id);
    expect(await app.run(ForgetExpired)).toBeGreaterThan(0);
    expect(await app.database.rows('select 1 from declines where tenant_id = $1', [world.tenantId])).toEqual(
      [],
    );
  });

  it('does not count when all have declined it, and claim takes it all the same', async () => {
    const oscar = await world.operator({ inboxes: [inbox] });
    const held = await world.allocated(inbox, olivia);
    await release(olivia, held.id);
    await world.claim(held.id, olivia);
    await release(olivia, held.id);
    await world.claim(held.id, oscar);
    await release(oscar, held.id);

    expect(idOf(await world.allocate(olivia))).toBe(held.id);
  });

  it('with declineSeconds 0 is no decline', async () => {
    await world.change({ declineSeconds: 0 });
    await world.operator({ inboxes: [inbox] });
    const held = await world.allocated(inbox, olivia);
    await release(olivia, held.id);
    expect(idOf(await world.allocate(olivia))).toBe(held.id);
  });

  it('goes to another operator of a push inbox, as the response shows, and not back', async () => {
    const pushing = await world.inbox({ distribution: 'LEAST_LOADED' });
    const una = await world.operator({ inboxes: [pushing] });
    const { id } = await arrives(world, pushing);
    const umar = await world.operator({ inboxes: [pushing] });

    const { body } = await release(una, id);
    expect(body.conversation).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: umar.id });
    const again = await release(umar, id);
    // Both have declined it, so that counts no more.
    expect(again.body.conversation).toMatchObject({ state: 'ALLOCATED' });
  });

  it('is refused for what is not theirs, as everywhere, and for what is in no state for it', async () => {
    const oscar = await world.operator({ inboxes: [inbox] });
    const stranger = await world.operator();
    const manager = await world.operator({ role: 'MANAGER' });
    const held = await world.allocated(inbox, olivia);
    const waiting = await world.queued(inbox);
    const seen = [];
    for (const [by, id] of [
      [oscar, held.id],
      [stranger, held.id],
      [manager, held.id],
      [olivia, waiting.id],
      [stranger, waiting.id],
    ] as const)
      seen.push(tally([await release(by, id)]));
    expect(seen).toEqual([
      { '403 FORBIDDEN': 1 },
      { '404 NOT_FOUND': 1 },
      { '403 FORBIDDEN': 1 },
      { '409 CONVERSATION_NOT_ALLOCATED': 1 },
      { '404 NOT_FOUND': 1 },
    ]);
    for (const reason of ['x'.repeat(256), 'two\nlines', ''])
      expect(tally([await release(olivia, held.id, { reason })])).toEqual({ '400 VALIDATION_FAILED': 1 });
  });

  it('needs the setting operatorsMayHandOver, except for supervisors', async () => {
    await world.change({ operatorsMayHandOver: false });
    const manager = await world.operator({ role: 'MANAGER', inboxes: [inbox] });
    const [theirs, own] = [await world.allocated(inbox, olivia), await world.allocated(inbox, manager)];
    expect(tally([await release(olivia, theirs.id)])).toEqual({ '403 FORBIDDEN': 1 });
    expect(tally([await transfer(olivia, theirs.id, { operatorId: manager.id })])).toEqual({
      '403 FORBIDDEN': 1,
    });
    expect(tally([await release(manager, own.id)])).toEqual({ '200': 1 });
  });

  it('and a resolve at once: one wins, and the other hears so', async () => {
    const { id } = await world.allocated(inbox, olivia);
    const responses = await Promise.all([
      release(olivia, id),
      instances.post('/allocation/resolve', olivia.headers, { conversationId: id }),
    ]);
    const kinds = Object.keys(tally(responses));
    expect(kinds).toContain('200');
    expect(kinds.find((kind) => kind !== '200')).toMatch(
      /^409 CONVERSATION_(NOT_ALLOCATED|ALREADY_RESOLVED)$/,
    );
  });
});

describe('a deallocation in a push inbox', () => {
  it('is not given back to the one it was taken from, even when they are alone, until that ends', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const olivia = await world.operator({ inboxes: [inbox] });
    const { id } = await arrives(world, inbox);

    expect(await world.deallocate(id)).toMatchObject({ state: 'QUEUED', assignedOperatorId: null });
    await app.run(DistributionSweep);
    expect(await holdersOf(world, [{ id }])).toEqual([null]);
    expect(await explained(id, olivia)).toMatchObject({ reasons: ['DECLINED'] });
    // It hides nothing else.
    const next = await arrives(world, inbox);
    expect(next.assignedOperatorId).toBe(olivia.id);

    await endDeclines();
    await app.run(DistributionSweep);
    expect(await holdersOf(world, [{ id }])).toEqual([olivia.id]);
  });

  it('shows the operator who has it when the response is written', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    await world.operator({ inboxes: [inbox] });
    const { id } = await arrives(world, inbox);
    const oscar = await world.operator({ inboxes: [inbox] });
    expect(await world.deallocate(id)).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: oscar.id });
  });
});
