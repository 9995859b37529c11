import fc from 'fast-check';
import type { DeadlineKind } from '../../../src/deadlines/deadline.js';
import * as desk from './desk.js';
import { settle } from './distribution.js';
import type { Caller } from './model.js';
import { INBOXES, MANAGER } from './plans.js';
import { idOf, number, person, pick, step, which, type Step } from './step.js';

/** What an operator does with what they hold. */

/** Mostly the holder. */
const actor = fc.option(person, { freq: 4 });

const HOLDER_ACTIONS = {
  release: { path: '/allocation/release', expected: desk.release },
  accept: { path: '/allocation/accept', expected: desk.accept },
  unpark: { path: '/allocation/unpark', expected: desk.unpark },
} as const;

const act = step(
  'act',
  fc.record({
    who: actor,
    which: which('all', 'held', 'held'),
    action: fc.constantFrom('release', 'release', 'accept', 'unpark'),
  }),
  async (model, real, { who, which, action }) => {
    const conversation = pick(model, which);
    const caller = who ?? conversation?.holder ?? MANAGER;
    const { path, expected } = HOLDER_ACTIONS[action];
    const body = { conversationId: idOf(conversation) };
    const response = await real.call(caller, 'POST', path, body);
    const wanted = expected(model, caller, conversation);
    // The response shows to whom it has been distributed again.
    settle(model);
    real.expectResponse(response, wanted);
  },
);

const park = step(
  'park',
  fc.record({ who: actor, which: which('all', 'held', 'held', 'held'), until: fc.boolean() }),
  async (model, real, { who, which, until }) => {
    const conversation = pick(model, which);
    const caller = who ?? conversation?.holder ?? MANAGER;
    const body = { conversationId: idOf(conversation), ...(until ? { until: real.tomorrow } : {}) };
    const response = await real.call(caller, 'POST', '/allocation/park', body);
    real.expectResponse(response, desk.park(model, caller, conversation, until));
  },
);

const transfer = step(
  'transfer',
  fc.record({
    who: actor,
    which: which('all', 'held', 'held'),
    to: fc.oneof(fc.record({ operator: person }), fc.record({ inbox: fc.constantFrom(...INBOXES) })),
  }),
  async (model, real, { who, which, to }) => {
    const conversation = pick(model, which);
    const caller = who ?? conversation?.holder ?? MANAGER;
    // To oneself is a mistake of the caller.
    if ('operator' in to && to.operator === caller) return;
    const target =
      'operator' in to ? { operatorId: real.people[to.operator] } : { inboxId: real.inboxes[to.inbox] };
    const body = { conversationId: idOf(conversation), ...target };
    const response = await real.call(caller, 'POST', '/allocation/transfer', body);
    const expected =
      'operator' in to
        ? desk.transferToOperator(model, caller, conversation, to.operator)
        : desk.transferToInbox(model, caller, conversation, to.inbox);
    settle(model);
    real.expectResponse(response, expected);
  },
);

/** The gateway reports a reply, of the holder, of somebody else, or of nobody it knows. */
const reply = step(
  'reply',
  fc.record({ number, by: fc.constantFrom('holder', 'nobody', 'another') }),
  async (model, real, { number, by }) => {
    const conversation = model.conversations[number % model.conversations.length];
    if (conversation === undefined) return;
    const { thread, origin, holder } = conversation;
    const who = by === 'nobody' ? null : by === 'holder' ? holder : MANAGER;
    const response = await real.call('orchestrator', 'POST', '/orchestrator/replies', {
      externalConversationId: thread,
      inboxId: real.inboxes[origin],
      ...(who === null ? {} : { operatorId: real.people[who] }),
    });
    desk.reply(model, conversation, who);
    real.expectResponse(response, conversation);
  },
);

const booster: fc.Arbitrary<Caller> = fc.constantFrom<Caller>(MANAGER, MANAGER, 'orchestrator', 0);
const boost = step(
  'boost',
  fc.record({ who: booster, which: which('all', 'queued'), minutes: fc.constantFrom(-600, 0, 30, 525_600) }),
  async (model, real, { who, which, minutes }) => {
    const conversation = pick(model, which);
    const response = await real.call(who, 'PUT', `/conversations/${idOf(conversation)}/boost`, { minutes });
    real.expectResponse(response, desk.boost(model, who, conversation, minutes));
  },
);

/** The holder parks it or gives it back, and asks for the next one. Few sequences would do that by chance. */
const nextPlease = step(
  'nextPlease',
  fc.record({ which: which('held'), way: fc.constantFrom('park', 'release') }),
  async (model, real, { which, way }) => {
    const conversation = pick(model, which);
    const holder = conversation?.holder ?? null;
    if (conversation === undefined || holder === null) return;
    const body = { conversationId: conversation.id };
    const response = await real.call(holder, 'POST', `/allocation/${way}`, body);
    const expected =
      way === 'park'
        ? desk.park(model, holder, conversation, false)
        : desk.release(model, holder, conversation);
    settle(model);
    real.expectResponse(response, expected);
    real.expectResponse(await real.call(holder, 'POST', '/allocation/allocate', {}), model.allocate(holder));
  },
);

type Kind = Exclude<DeadlineKind, 'GRACE'>;
const expire = step(
  'expireDeadlines',
  fc.record({
    kind: fc.constantFrom<Kind>('ACCEPT', 'ACCEPT', 'REPLY', 'PARK'),
    numbers: fc.array(number, { minLength: 1, maxLength: 3 }),
  }),
  async (model, real, { kind, numbers }) => {
    const running = model.conversations.filter(({ deadlines }) => deadlines.has(kind));
    if (running.length === 0) return;
    const due = [...new Set(numbers.map((each) => running[each % running.length]!))];
    await real.pass(
      due.map(({ id }) => id),
      kind,
    );
    await real.runExpiry();
    desk.expire(model, kind, due);
  },
);

export const deskSteps: fc.Arbitrary<Step>[] = [
  act,
  act,
  park,
  nextPlease,
  nextPlease,
  transfer,
  reply,
  boost,
  expire,
  expire,
];
