import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { settle } from './distribution.js';
import { INBOXES, type Caller, type Model, type ModelConversation } from './model.js';
import { MANAGER, MINUTES_AGO } from './plans.js';
import type { RealTenant } from './tenant.js';

const person = fc.nat({ max: MANAGER });
const supervisor = fc.oneof({ weight: 5, arbitrary: fc.constant(MANAGER) }, { weight: 1, arbitrary: person });
const inbox = fc.constantFrom(...INBOXES);
/** Which conversation: counted round; the last number is one that nobody knows. */
const which = fc.nat({ max: 20 });
const UNKNOWN = 20;

type Step = fc.AsyncCommand<Model, RealTenant>;

/** A step is a sentence about both: what is done to the service, what the model says, and that they agree. */
function step<T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (model: Model, real: RealTenant, value: T) => Promise<void>,
): fc.Arbitrary<Step> {
  return values.map((value) => ({
    check: () => true,
    run: async (model, real) => {
      await run(model, real, value);
      settle(model);
      await real.expectState(model);
    },
    toString: () => `${name} ${JSON.stringify(value)}`,
  }));
}

function pick(model: Model, number: number): ModelConversation | undefined {
  const all = model.conversations;
  return number === UNKNOWN ? undefined : all[number % all.length];
}

const idOf = (conversation: ModelConversation | undefined) => conversation?.id ?? randomUUID();

const message = step(
  'message',
  fc.record({
    thread: fc.nat({ max: 7 }),
    inbox: fc.oneof({ weight: 20, arbitrary: inbox }, { weight: 1, arbitrary: fc.constant(null) }),
    messageId: fc.option(fc.nat({ max: 2 })),
    minutesAgo: MINUTES_AGO,
  }),
  async (model, real, { thread, inbox, messageId, minutesAgo }) => {
    const at = real.minutesAgo(minutesAgo);
    const externalConversationId = `thread-${thread}`;
    const isKnown = model.threads.has(externalConversationId);
    const answer = await real.call('orchestrator', 'POST', '/orchestrator/messages', {
      externalConversationId,
      inboxId: inbox === null ? randomUUID() : real.inboxes[inbox],
      customerPhoneNumber: '+4915112345678',
      occurredAt: at.toISOString(),
      ...(messageId === null ? {} : { messageId: String(messageId) }),
    });
    if (inbox === null) {
      real.expectAnswer(answer, 'NOT_FOUND');
      return;
    }
    const reported = {
      thread: externalConversationId,
      inbox,
      messageId: messageId === null ? null : String(messageId),
      at,
    };
    const expected = model.message(reported, answer.conversation?.id ?? '');
    settle(model);
    real.expectAnswer(answer, expected, isKnown ? 200 : 201);
  },
);

const allocate = step('allocate', person, async (model, real, who) => {
  const answer = await real.call(who, 'POST', '/allocation/allocate', {});
  real.expectAnswer(answer, model.allocate(who));
});

const claim = step('claim', fc.record({ who: person, which }), async (model, real, { who, which }) => {
  const conversation = pick(model, which);
  const answer = await real.call(who, 'POST', '/allocation/claim', { conversationId: idOf(conversation) });
  real.expectAnswer(answer, model.claim(who, conversation));
});

const resolver: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 4, arbitrary: person },
  { weight: 1, arbitrary: fc.constant('orchestrator' as const) },
);
const resolve = step('resolve', fc.record({ who: resolver, which }), async (model, real, { who, which }) => {
  const conversation = pick(model, which);
  const answer = await real.call(who, 'POST', '/allocation/resolve', { conversationId: idOf(conversation) });
  real.expectAnswer(answer, model.resolve(who, conversation));
});

/** Mostly the right one does it. */
const finish = step('finish', which, async (model, real, which) => {
  const held = model.conversations.filter(({ holder }) => holder !== null);
  const conversation = held[which % held.length];
  const who = conversation?.holder ?? MANAGER;
  const answer = await real.call(who, 'POST', '/allocation/resolve', { conversationId: idOf(conversation) });
  real.expectAnswer(answer, model.resolve(who, conversation));
});

const deallocate = step(
  'deallocate',
  fc.record({ who: supervisor, which }),
  async (model, real, { who, which }) => {
    const conversation = pick(model, which);
    const body = { conversationId: idOf(conversation) };
    real.expectAnswer(
      await real.call(who, 'POST', '/allocation/deallocate', body),
      model.deallocate(who, conversation),
    );
  },
);

const reassign = step(
  'reassign',
  fc.record({ who: supervisor, which, target: person, overrideCapacity: fc.boolean() }),
  async (model, real, { who, which, target, overrideCapacity }) => {
    const conversation = pick(model, which);
    const body = { conversationId: idOf(conversation), operatorId: real.people[target], overrideCapacity };
    real.expectAnswer(
      await real.call(who, 'POST', '/allocation/reassign', body),
      model.reassign(who, conversation, target, overrideCapacity),
    );
  },
);

const move = step(
  'move',
  fc.record({ who: supervisor, which, inbox }),
  async (model, real, { who, which, inbox }) => {
    const conversation = pick(model, which);
    const body = { conversationId: idOf(conversation), inboxId: real.inboxes[inbox] };
    real.expectAnswer(
      await real.call(who, 'POST', '/allocation/move-inbox', body),
      model.move(who, conversation, inbox),
    );
  },
);

const setStatus = step(
  'setStatus',
  fc.record({
    target: person,
    byThemselves: fc.constantFrom(true, true, false),
    who: person,
    available: fc.boolean(),
  }),
  async (model, real, { target, byThemselves, who, available }) => {
    const caller = byThemselves ? target : who;
    const body = { status: available ? 'AVAILABLE' : 'OFFLINE' };
    const answer = await real.call(caller, 'PUT', `/operators/${real.people[target]!}/status`, body);
    real.expectAnswer(answer, model.setStatus(caller, target, available));
  },
);

/** Somebody who holds something goes, whom the expiry can then take it from. */
const leave = step('leave', which, async (model, real, which) => {
  const there = model.conversations.flatMap(({ holder }) =>
    holder !== null && model.person(holder).isAvailable ? [holder] : [],
  );
  const who = there[which % there.length];
  if (who === undefined) return;
  const body = { status: 'OFFLINE' };
  const answer = await real.call(who, 'PUT', `/operators/${real.people[who]!}/status`, body);
  real.expectAnswer(answer, model.setStatus(who, who, false));
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
    real.expectAnswer(await real.call('admin', 'PATCH', `/operators/${real.people[target]!}`, change), null);
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
    const answer = on
      ? await real.call('admin', 'POST', path, { operatorId })
      : await real.call('admin', 'DELETE', `${path}/${operatorId}`);
    const expected = on ? model.subscribe(target, inbox) : model.unsubscribe(target, inbox);
    real.expectAnswer(answer, expected, on ? 201 : 204);
  },
);

const expire = step(
  'expire',
  fc.array(which, { minLength: 1, maxLength: 3 }),
  async (model, real, numbers) => {
    const periods = model.conversations.filter(({ grace }) => grace !== null);
    const ending = numbers.flatMap((number) => periods[number % periods.length] ?? []);
    for (const conversation of ending) conversation.grace = 'due';
    await real.pass(ending.map(({ id }) => id));
    await real.runExpiry();
    model.expire();
  },
);

/** The holder came back while an expiry was already under way: what it sees under the lock counts. */
const expireTooLate = step('expireTooLate', which, async (model, real, which) => {
  const held = model.conversations.filter(
    ({ holder }) => holder !== null && model.person(holder).isAvailable,
  );
  const conversation = held[which % held.length];
  if (conversation === undefined) return;
  await real.app.database.rows(
    `insert into grace_periods (tenant_id, conversation_id, operator_id, expires_at)
    select tenant_id, id, assigned_operator_id, now() from conversations where tenant_id = $1 and id = $2`,
    [real.id, conversation.id],
  );
  await real.runExpiry();
  model.expire();
  await real.app.database.rows('delete from grace_periods where tenant_id = $1 and conversation_id = $2', [
    real.id,
    conversation.id,
  ]);
});

/** All ask for the next one at the same moment. Who gets which is open, but nothing is given twice or left over. */
const rush = step('rush', fc.constant(null), async (model, real) => {
  const everybody = model.people.map((_, who) => who);
  const answers = await Promise.all(
    everybody.map((who) => real.call(who, 'POST', '/allocation/allocate', {})),
  );
  const wanting = everybody.filter((who) => model.refusesToTake(who) === null);
  for (const who of everybody.filter((who) => !wanting.includes(who))) {
    real.expectAnswer(answers[who]!, model.refusesToTake(who));
  }
  for (const who of wanting) {
    const given = model.line(who).find(({ id }) => id === answers[who]?.conversation?.id) ?? null;
    if (given !== null) model.take(who, given);
    real.expectAnswer(answers[who]!, given);
  }
  for (const who of wanting.filter((who) => answers[who]?.conversation === null)) {
    expect(model.line(who)).toEqual([]);
  }
});

/** All claim the same one at the same moment: one of those who may gets it. */
const race = step('race', which, async (model, real, which) => {
  const conversation = pick(model, which);
  const everybody = model.people.map((_, who) => who);
  const body = { conversationId: idOf(conversation) };
  const answers = await Promise.all(
    everybody.map((who) => real.call(who, 'POST', '/allocation/claim', body)),
  );
  const winner = everybody.find((who) => answers[who]?.status === 200);
  if (winner !== undefined) real.expectAnswer(answers[winner]!, model.claim(winner, conversation));
  // Whoever came before the winner and may not take it was told their own reason; all others that it is gone.
  for (const who of everybody.filter((who) => who !== winner)) {
    const expected = model.claim(who, conversation);
    const { code } = answers[who]!;
    if (code !== model.refusesToTake(who)) real.expectAnswer(answers[who]!, expected);
  }
});

export const steps: fc.Arbitrary<Step>[] = [
  message,
  message,
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
  update,
  subscribe,
  expire,
  expire,
  expireTooLate,
  rush,
  race,
];
