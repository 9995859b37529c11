import fc from 'fast-check';
import type { Role } from '../../../src/access/principal.js';
import type { Distribution, OnReplyOverdue } from '../../../src/inboxes/inbox.js';
import type { Weights } from '../priority-model.js';

/** The start of a sequence. Inboxes and people have numbers. */
export interface Plan {
  weights: Weights;
  autoSubscribe: boolean;
  /** The strategy of each inbox. */
  distributions: Distribution[];
  gracePeriodSeconds: number;
  maxParked: number;
  onReplyOverdue: OnReplyOverdue;
  /** Of each inbox: whether what is distributed must be accepted, whether the holder must reply, and so on. */
  acceptWithin: boolean[];
  replyWithin: boolean[];
  affinities: boolean[];
  boosts: number[];
  people: { role: Role; maxLoad: number | null; available: boolean; inboxes: number[] }[];
  /** Waiting conversations: thread-0 and so on, with the number and time of their messages. */
  waiting: { inbox: number; minutesAgo: number; messages: number }[];
}

export const INBOXES = [0, 1, 2] as const;

/** Strategies without chance, so that the model knows who is next. */
const PREDICTABLE = ['PULL', 'PULL', 'ROUND_ROBIN', 'LEAST_LOADED'] as const satisfies Distribution[];

/** The number of the MANAGER, who may work on conversations too, among four OPERATORs. */
export const MANAGER = 4;

/** Ages that do not pass the cap of an hour on a slow machine. */
export const MINUTES_AGO = fc.constantFrom(2, 5, 5, 20, 90, 300, 1_000);

const someone = (role: 'OPERATOR' | 'MANAGER') =>
  fc.record({
    role: fc.constant(role),
    maxLoad: fc.constantFrom(null, 1, 1, 2),
    available: fc.constantFrom(true, true, true, false),
    inboxes: fc.subarray([...INBOXES], { minLength: 1 }),
  });

function ofEachInbox<T>(...values: T[]): fc.Arbitrary<T[]> {
  return fc.tuple(...INBOXES.map(() => fc.constantFrom(...values)));
}

const anything: fc.Arbitrary<Plan> = fc.record({
  weights: fc.record({
    alpha: fc.constantFrom(0.4, 1),
    beta: fc.constantFrom(0.6, 0.6, 0),
    maxMessageCount: fc.constantFrom(100, 2),
    maxDelayMinutes: fc.constantFrom(1440, 60, null),
    delayBasis: fc.constantFrom('LAST_MESSAGE' as const, 'WAITING_SINCE' as const),
    countBasis: fc.constantFrom('WAITING' as const, 'WAITING' as const, 'TOTAL' as const),
  }),
  autoSubscribe: fc.constantFrom(false, false, false, true),
  distributions: fc.tuple(...INBOXES.map(() => fc.constantFrom(...PREDICTABLE))),
  gracePeriodSeconds: fc.constantFrom(900, 900, 0),
  maxParked: fc.constantFrom(0, 1, 2),
  onReplyOverdue: fc.constantFrom('NOTIFY' as const, 'REQUEUE' as const),
  acceptWithin: ofEachInbox(true, false),
  replyWithin: ofEachInbox(true, false),
  affinities: ofEachInbox(true, false, false),
  boosts: ofEachInbox(0, 0, 45, -30),
  people: fc
    .tuple(fc.array(someone('OPERATOR'), { minLength: MANAGER, maxLength: MANAGER }), someone('MANAGER'))
    .map(([operators, manager]) => [...operators, manager]),
  waiting: fc.array(
    fc.record({
      inbox: fc.constantFrom(...INBOXES),
      minutesAgo: MINUTES_AGO,
      messages: fc.constantFrom(1, 1, 2, 4),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

/** autoSubscribe distributes only with the next message, so plans with it have no push inboxes. */
export const plans = anything.map((plan) =>
  plan.autoSubscribe ? { ...plan, distributions: INBOXES.map(() => 'PULL' as const) } : plan,
);
