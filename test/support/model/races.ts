import fc from 'fast-check';
import { INBOXES } from './plans.js';
import { number, pick, step, which } from './step.js';

/** The holder returns while an expiry runs. The expiry must use the state that it sees under the lock. */
export const expireTooLate = step('expireTooLate', number, async (model, real, number) => {
  const held = model.conversations.filter(
    ({ holder }) => holder !== null && model.person(holder).availability !== 'OFFLINE',
  );
  const conversation = held[number % held.length];
  if (conversation === undefined) return;
  await real.app.database.rows(
    `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
    select tenant_id, id, 'GRACE', assigned_operator_id, now() from conversations where tenant_id = $1 and id = $2`,
    [real.id, conversation.id],
  );
  await real.runExpiry();
  model.expire();
  await real.app.database.rows(
    `delete from deadlines where tenant_id = $1 and conversation_id = $2 and kind = 'GRACE'`,
    [real.id, conversation.id],
  );
});

/**
 * All people send two allocates at the same time. Any distribution is valid in which no conversation is allocated twice
 * or left over, and nobody exceeds maxLoad.
 */
export const rush = step('rush', fc.constant(null), async (model, real) => {
  const everybody = model.people.map((_, who) => who);
  const responses = await Promise.all(
    [...everybody, ...everybody].map(async (who) => ({
      who,
      response: await real.call(who, 'POST', '/allocation/allocate', {}),
    })),
  );
  for (const { who, response } of responses.filter(({ response }) => response.conversation !== null)) {
    // Whether others could take what somebody has declined depends on who came first.
    const inboxes = INBOXES.filter((inbox) => model.mayTakeFrom(who, inbox));
    const given = model
      .waitingIn(inboxes)
      .find(({ id, declines }) => id === response.conversation?.id && declines.get(who) !== true);
    const expected = model.refusesToTake(who) ?? given ?? null;
    if (given !== undefined && expected === given) model.take(who, given, 'conversation.allocated');
    real.expectResponse(response, expected);
  }
  for (const { who, response } of responses.filter(({ response }) => response.conversation === null)) {
    if (response.code === null)
      expect(model.line(who).filter(({ declines }) => !declines.has(who))).toEqual([]);
    real.expectResponse(response, response.code === null ? null : model.refusesToTake(who));
  }
});

/** All people claim the same conversation at the same time. One who may claim it gets it. */
export const race = step('race', which('all', 'queued', 'queued'), async (model, real, which) => {
  const conversation = pick(model, which);
  if (conversation === undefined) return;
  const everybody = model.people.map((_, who) => who);
  const body = { conversationId: conversation.id };
  const responses = await Promise.all(
    everybody.map((who) => real.call(who, 'POST', '/allocation/claim', body)),
  );
  const early = everybody.map((who) => model.refusesToClaim(who, conversation));
  const winner = everybody.find((who) => responses[who]?.status === 200);
  if (winner !== undefined) real.expectResponse(responses[winner]!, model.claim(winner, conversation));
  // A refusal before the winner has the reason of that person. Later refusals say that it is not QUEUED.
  for (const who of everybody.filter((who) => who !== winner)) {
    const own = early[who] ?? null;
    const isOwn = own !== null && responses[who]?.code === own;
    real.expectResponse(responses[who]!, isOwn ? own : model.refusesToClaim(who, conversation));
  }
});
