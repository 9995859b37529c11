import fc from 'fast-check';
import { number, pick, step, which } from './step.js';

/** The holder came back while an expiry was already under way: what it sees under the lock counts. */
export const expireTooLate = step('expireTooLate', number, async (model, real, number) => {
  const held = model.conversations.filter(
    ({ holder }) => holder !== null && model.person(holder).isAvailable,
  );
  const conversation = held[number % held.length];
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

/**
 * All ask for the next one at the same moment, each with both hands. Who gets which is open, but nothing is given twice
 * or left over, and nobody gets more than they may hold.
 */
export const rush = step('rush', fc.constant(null), async (model, real) => {
  const everybody = model.people.map((_, who) => who);
  const answers = await Promise.all(
    [...everybody, ...everybody].map(async (who) => ({
      who,
      answer: await real.call(who, 'POST', '/allocation/allocate', {}),
    })),
  );
  for (const { who, answer } of answers.filter(({ answer }) => answer.conversation !== null)) {
    const given = model.line(who).find(({ id }) => id === answer.conversation?.id);
    const expected = model.refusesToTake(who) ?? given ?? null;
    if (given !== undefined && expected === given) model.take(who, given, 'conversation.allocated');
    real.expectResponse(answer, expected);
  }
  for (const { who, answer } of answers.filter(({ answer }) => answer.conversation === null)) {
    if (answer.code === null) expect(model.line(who)).toEqual([]);
    real.expectResponse(answer, answer.code === null ? null : model.refusesToTake(who));
  }
});

/** All claim the same one at the same moment: one of those who may gets it. */
export const race = step('race', which('all', 'queued', 'queued'), async (model, real, which) => {
  const conversation = pick(model, which);
  if (conversation === undefined) return;
  const everybody = model.people.map((_, who) => who);
  const body = { conversationId: conversation.id };
  const answers = await Promise.all(
    everybody.map((who) => real.call(who, 'POST', '/allocation/claim', body)),
  );
  const early = everybody.map((who) => model.refusesToClaim(who, conversation));
  const winner = everybody.find((who) => answers[who]?.status === 200);
  if (winner !== undefined) real.expectResponse(answers[winner]!, model.claim(winner, conversation));
  // Whoever came before the winner and may not take it was told their own reason; all others that it is gone.
  for (const who of everybody.filter((who) => who !== winner)) {
    const own = early[who] ?? null;
    const isOwn = own !== null && answers[who]?.code === own;
    real.expectResponse(answers[who]!, isOwn ? own : model.refusesToClaim(who, conversation));
  }
});
