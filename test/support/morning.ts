import type { InboxResponse } from '../../src/inboxes/inbox.js';
import type { TestApplication } from './application.js';
import { pushInbox, tell, type Step } from './story.js';
import { World, type Person } from './world.js';

/** A time of the morning. */
export const on = (time: string) => `2026-03-02T${time}Z`;

const step = (time: string, type: string, more: Partial<Step> = {}): Step => ({
  at: on(time),
  type,
  ...more,
});

/** The number of entries of its conversations. Three more say that operators became AVAILABLE. */
export const ENTRIES = 28;

export interface Morning {
  world: World;
  /** A push inbox. */
  sales: InboxResponse;
  support: InboxResponse;
  ann: Person;
  ben: Person;
  cem: Person;
  dora: Person;
}

/**
 * The work of a morning in two inboxes. Ann got three conversations and resolved them in 600, 100 and 40 s. Ben
 * resolved one in 600 s. Cem is no longer subscribed to Sales. Dora is, with weight 0.
 */
export async function morning(app: TestApplication): Promise<Morning> {
  const world = await World.create(app);
  const sales = await pushInbox(world, 'Sales');
  const support = await world.inbox({ name: 'Support' });
  const ann = await world.operator({ name: 'Ann', inboxes: [sales], weight: 3 });
  const ben = await world.operator({ name: 'Ben', inboxes: [sales, support], maxLoad: 5 });
  const cem = await world.operator({ name: 'Cem', inboxes: [support] });
  const dora = await world.operator({ name: 'Dora', inboxes: [sales], weight: 0, status: 'OFFLINE' });
  const [a, b, c] = [{ to: ann.id }, { to: ben.id }, { to: cem.id }];
  await tell(world, sales, [
    step('09:00:00', 'created'),
    step('09:00:10', 'distributed', a),
    step('09:10:10', 'resolved'),
  ]);
  await tell(world, sales, [
    step('09:05:00', 'created'),
    step('09:05:30', 'distributed', a),
    step('09:07:10', 'resolved', { outcome: 'SPAM' }),
  ]);
  await tell(world, sales, [
    step('09:20:00', 'created'),
    step('09:20:30.5', 'distributed', b),
    step('09:40:00', 'grace_expired'),
    step('09:45:00', 'claimed', a),
    step('09:45:40', 'resolved'),
  ]);
  // A move leaves it with its holder, whose time goes on.
  await tell(world, sales, [
    step('10:00:00', 'created'),
    step('10:00:20', 'distributed', c),
    step('10:10:00', 'reassigned', b),
    step('10:15:00', 'moved', { inbox: support.id }),
    step('10:20:00', 'resolved'),
  ]);
  await tell(world, support, [
    step('10:30:00', 'created'),
    step('10:31:00', 'allocated', b),
    step('10:32:00', 'deallocated'),
    step('10:33:00', 'moved', { inbox: sales.id }),
  ]);
  await tell(world, support, [step('10:40:00', 'created'), step('10:41:00', 'allocated', b)]);
  await tell(world, support, [
    step('10:50:00', 'created'),
    step('10:51:00', 'resolved'),
    step('10:52:00', 'reopened'),
  ]);
  await tell(world, sales, [
    step('11:00:00', 'created'),
    step('11:01:00', 'allocated', c),
    step('11:05:00', 'released'),
  ]);
  return { world, sales, support, ann, ben, cem, dora };
}
