import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { settle } from './distribution.js';
import { OUTCOMES } from '../../../src/ledger/outcome.js';
import type { Availability } from '../../../src/operators/operator.js';
import { deskSteps } from './desk-commands.js';
import type { Caller, Model } from './model.js';
import { INBOXES, MANAGER, MINUTES_AGO } from './plans.js';
import { expireTooLate, race, rush } from './races.js';
import { idOf, number, person, pick, step, which, type Step } from './step.js';
import * as supervision from './supervision.js';
import type { RealTenant } from './tenant.js';

const supervisor = fc.oneof({ weight: 5, arbitrary: fc.constant(MANAGER) }, { weight: 1, arbitrary: person });
const inbox = fc.constantFrom(...INBOXES);
const messageId = fc.option(fc.nat({ max: 2 }));

interface Written {
  thread: string;
  /** null: an unknown one */
  inbox: number | null;
  messageId: number | null;
  at: Date;
}

async function report(model: Model, real: RealTenant, message: Written): Promise<void> {
  const { thread, inbox, at } = message;
  const messageId = message.messageId === null ? null : String(message.messageId);
  const isKnown = inbox !== null && model.known(thread, inbox) !== undefined;
  const response = await real.call('orchestrator', 'POST', '/orchestrator/messages', {
    externalConversationId: thread,
    inboxId: inbox === null ? randomUUID() : real.inboxes[inbox],
    customerPhoneNumber: '+4915112345678',
    occurredAt: at.toISOString(),
    ...(messageId === null ? {} : { messageId }),
  });
  if (inbox === null) {
    real.expectResponse(response, 'NOT_FOUND');
    return;
  }
  const expected = model.message({ thread, inbox, messageId, at }, response.conversation?.id ?? '');
  settle(model);
  real.expectResponse(response, expected, isKnown ? 200 : 201);
}

const message = step(
  'message',
  fc.record({
    thread: fc.nat({ max: 4 }).map((number) => `thread-${number}`),
    inbox: fc.oneof({ weight: 20, arbitrary: inbox }, { weight: 1, arbitrary: fc.constant(null) }),
    messageId,
    minutesAgo: MINUTES_AGO,
  }),
  (model, real, { minutesAgo, ...message }) =>
    report(model, real, { ...message, at: real.minutesAgo(minutesAgo) }),
);

/** Messages of a customer whose conversation was resolved may be old, late or repeated. */
const writeAgain = step(
  'writeAgain',
  fc.record({
    number,
    messages: fc.array(
      fc.record({
        messageId,
        written: fc.oneof(MINUTES_AGO, fc.constant('now'), fc.constant('once closed')),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  async (model, real, { number, messages }) => {
    const closed = model.conversations.filter(({ closedAt }) => closedAt !== null);
    const conversation = closed[number % closed.length];
    const closedAt = conversation?.closedAt ?? null;
    // Wait until the millisecond of the resolution is over.
    if (conversation === undefined || closedAt === null || new Date() < closedAt) return;
    if (conversation.repliedAt !== null && new Date() < conversation.repliedAt) return;
    const { thread, origin: inbox } = conversation;
    for (const { messageId, written } of messages) {
      const since = written === 'now' ? new Date() : closedAt;
      const at = typeof written === 'number' ? real.minutesAgo(written) : since;
      await report(model, real, { thread, inbox, messageId, at });
    }
  },
);

/** Mostly an operator who can get a conversation. */
const allocate = step(
  'allocate',
  fc.record({ number, anybody: fc.boolean() }),
  async (model, real, value) => {
    const everybody = model.people.map((_, who) => who);
    const ready = everybody.filter((who) => model.refusesToTake(who) === null && model.line(who).length > 0);
    const those = value.anybody || ready.length === 0 ? everybody : ready;
    const who = those[value.number % those.length]!;
    const response = await real.call(who, 'POST', '/allocation/allocate', {});
    real.expectResponse(response, model.allocate(who));
  },
);

const claim = step(
  'claim',
  fc.record({ who: person, which: which('all', 'queued') }),
  async (model, real, { who, which }) => {
    const conversation = pick(model, which);
    const response = await real.call(who, 'POST', '/allocation/claim', {
      conversationId: idOf(conversation),
    });
    real.expectResponse(response, model.claim(who, conversation));
  },
);

const resolver: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 4, arbitrary: person },
  { weight: 1, arbitrary: fc.constant('orchestrator' as const) },
);
const resolve = step(
  'resolve',
  fc.record({ who: resolver, which: which('all', 'held'), outcome: fc.constantFrom(undefined, ...OUTCOMES) }),
  async (model, real, { who, which, outcome }) => {
    const conversation = pick(model, which);
    const response = await real.call(who, 'POST', '/allocation/resolve', {
      conversationId: idOf(conversation),
      outcome,
    });
    real.expectResponse(response, model.resolve(who, conversation, outcome));
  },
);

/** Mostly the holder. */
const finish = step('finish', number, async (model, real, number) => {
  const held = model.conversations.filter(({ holder }) => holder !== null);
  const conversation = held[number % held.length];
  const who = conversation?.holder ?? MANAGER;
  const response = await real.call(who, 'POST', '/allocation/resolve', {
    conversationId: idOf(conversation),
  });
  real.expectResponse(response, model.resolve(who, conversation));
});

const deallocate = step(
  'deallocate',
  fc.record({ who: supervisor, which: which('all', 'held', 'kept') }),
  async (model, real, { who, which }) => {
    const conversation = pick(model, which);
    const body = { conversationId: idOf(conversation) };
    const response = await real.call(who, 'POST', '/allocation/deallocate', body);
    const expected = supervision.deallocate(model, who, conversation);
    // The response shows to whom it has been distributed again.
    settle(model);
    real.expectResponse(response, expected);
  },
);

const reassign = step(
  'reassign',
  fc.record({
    who: supervisor,
    which: which('all', 'held', 'kept'),
    target: person,
    overrideCapacity: fc.boolean(),
  }),
  async (model, real, { who, which, target, overrideCapacity }) => {
    const conversation = pick(model, which);
    const body = { conversationId: idOf(conversation), operatorId: real.people[target], overrideCapacity };
    real.expectResponse(
      await real.call(who, 'POST', '/allocation/reassign', body),
      supervision.reassign(model, who, conversation, target, overrideCapacity),
    );
  },
);

const move = step(
  'move',
  fc.record({ who: supervisor, which: which('all', 'held', 'kept'), inbox }),
  async (model, real, { who, which, inbox }) => {
    const conversation = pick(model, which);
    const body = { conversationId: idOf(conversation), inboxId: real.inboxes[inbox] };
    real.expectResponse(
      await real.call(who, 'POST', '/allocation/move-inbox', body),
      supervision.move(model, who, conversation, inbox),
    );
  },
);

const setStatus = step(
  'setStatus',
  fc.record({
    target: person,
    byThemselves: fc.constantFrom(true, true, false),
    who: person,
    status: fc.constantFrom<Availability>('AVAILABLE', 'AVAILABLE', 'PAUSED', 'OFFLINE'),
  }),
  async (model, real, { target, byThemselves, who, status }) => {
    const caller = byThemselves ? target : who;
    const response = await real.call(caller, 'PUT', `/operators/${real.people[target]!}/status`, { status });
    real.expectResponse(response, model.setStatus(caller, target, status));
  },
);

/** A holder goes OFFLINE, so that the expiry can re-queue the conversation. */
const leave = step('leave', number, async (model, real, number) => {
  const there = model.conversations.flatMap(({ holder }) =>
    holder !== null && model.person(holder).availability !== 'OFFLINE' ? [holder] : [],
  );
  const who = there[number % there.length];
  if (who === undefined) return;
  const body = { status: 'OFFLINE' };
  const response = await real.call(who, 'PUT', `/operators/${real.people[who]!}/status`, body);
  real.expectResponse(response, model.setStatus(who, who, 'OFFLINE'));
});

const update = step(
  'update',
  fc.record({
    target: person,
    change: fc.constantFrom<{ isActive: boolean } | { maxLoad: number }>(
      { isActive: false },
      { isActive: true },
      { maxLoad: 1 },
      { maxLoad: 3 },
    ),
  }),
  async (model, real, { target, change }) => {
    real.expectResponse(
      await real.call('admin', 'PATCH', `/operators/${real.people[target]!}`, change),
      null,
    );
    if ('isActive' in change) model.setActive(target, change.isActive);
    else model.person(target).maxLoad = change.maxLoad;
  },
);

const subscribe = step(
  'subscribe',
  fc.record({ target: person, inbox, on: fc.boolean() }),
  async (model, real, { target, inbox, on }) => {
    const path = `/inboxes/${real.inboxes[inbox]!}/operators`;
    const operatorId = real.people[target]!;
    const response = on
      ? await real.call('admin', 'POST', path, { operatorId })
      : await real.call('admin', 'DELETE', `${path}/${operatorId}`);
    const expected = on ? model.subscribe(target, inbox) : model.unsubscribe(target, inbox);
    real.expectResponse(response, expected, on ? 201 : 204);
  },
);

const expire = step(
  'expire',
  fc.array(number, { minLength: 1, maxLength: 3 }),
  async (model, real, numbers) => {
    const periods = model.conversations.filter(({ grace }) => grace !== null);
    const ending = numbers.flatMap((number) => periods[number % periods.length] ?? []);
    for (const conversation of ending) conversation.grace = 'due';
    await real.pass(ending.map(({ id }) => id));
    await real.runExpiry();
    model.expire();
  },
);

export const steps: fc.Arbitrary<Step>[] = [
  message,
  message,
  writeAgain,
  allocate,
  allocate,
  claim,
  claim,
  resolve,
  finish,
  deallocate,
  reassign,
  reassign,
  move,
  setStatus,
  setStatus,
  leave,
  leave,
  leave,
  update,
  subscribe,
  expire,
  ...deskSteps,
  expireTooLate,
  rush,
  race,
];
