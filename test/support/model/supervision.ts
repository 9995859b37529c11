import type { ProblemCode } from '../../../src/http/problem.js';
import type { Expected, Model } from './model.js';
import type { ModelConversation } from './rows.js';

/** What supervisors do with the conversations of others. */

export function deallocate(
  model: Model,
  caller: number,
  conversation: ModelConversation | undefined,
): Expected {
  const refusal = refusesToSupervise(model, caller);
  if (refusal !== null) return refusal;
  if (conversation === undefined) return 'NOT_FOUND';
  if (conversation.state !== 'ALLOCATED') return 'CONVERSATION_NOT_ALLOCATED';
  const { holder, inbox } = conversation;
  model.become(conversation, 'conversation.deallocated', 'QUEUED', null);
  if (holder !== null && model.plan.distributions[inbox] !== 'PULL') conversation.declines.set(holder, true);
  return conversation;
}

export function reassign(
  model: Model,
  caller: number,
  conversation: ModelConversation | undefined,
  target: number,
  override: boolean,
): Expected {
  const refusal = refusesToSupervise(model, caller);
  if (refusal !== null) return refusal;
  if (conversation === undefined) return 'NOT_FOUND';
  if (!model.person(target).isActive) return 'NOT_FOUND';
  if (conversation.holder === target) return conversation;
  if (!override && model.isFull(target)) return 'OPERATOR_AT_CAPACITY';
  model.become(conversation, 'conversation.reassigned', 'ALLOCATED', target);
  if (model.person(target).availability === 'OFFLINE') conversation.grace = model.graceFromNow();
  return conversation;
}

export function move(
  model: Model,
  caller: number,
  conversation: ModelConversation | undefined,
  inbox: number,
): Expected {
  const refusal = refusesToSupervise(model, caller);
  if (refusal !== null) return refusal;
  if (conversation === undefined) return 'NOT_FOUND';
  if (conversation.inbox === inbox) return conversation;
  conversation.inbox = inbox;
  const { state, holder } = conversation;
  const leaves = holder !== null && !model.mayTakeFrom(holder, inbox);
  model.become(conversation, 'conversation.moved', leaves ? 'QUEUED' : state, leaves ? null : holder);
  return conversation;
}

function refusesToSupervise(model: Model, caller: number): ProblemCode | null {
  const { isActive, role } = model.person(caller);
  if (!isActive) return 'OPERATOR_INACTIVE';
  return role === 'OPERATOR' ? 'FORBIDDEN' : null;
}
