import type { DeadlineKind } from '../../../src/deadlines/deadline.js';
import type { EventType } from '../../../src/ledger/event.js';
import type { ProblemCode } from '../../../src/http/problem.js';
import type { Caller, Expected, Model } from './model.js';
import type { ModelConversation } from './rows.js';

/** The rules of the operator's day, beside those of Model. */

/** After how many misses in a row an operator is PAUSED: the default of a tenant. */
const MISSES_BEFORE_PAUSE = 2;

type Conversation = ModelConversation | undefined;

/** Why the caller cannot do what only the holder may do. */
function refusesHolder(model: Model, caller: number, conversation: Conversation): ProblemCode | null {
  if (!model.person(caller).isActive) return 'OPERATOR_INACTIVE';
  if (conversation === undefined) return 'NOT_FOUND';
  if (conversation.holder === caller) return null;
  if (!model.sees(caller, conversation)) return 'NOT_FOUND';
  if (conversation.state !== 'ALLOCATED' || conversation.lostBy.has(caller))
    return 'CONVERSATION_NOT_ALLOCATED';
  return 'FORBIDDEN';
}

export function release(model: Model, caller: number, conversation: Conversation): Expected {
  const refusal = refusesHolder(model, caller, conversation);
  if (refusal !== null || conversation === undefined) return refusal;
  model.become(conversation, 'conversation.returned', 'QUEUED', null);
  decline(conversation, caller);
  return conversation;
}

export function transferToOperator(
  model: Model,
  caller: number,
  conversation: Conversation,
  receiver: number,
): Expected {
  const refusal = refusesHolder(model, caller, conversation);
  if (refusal !== null || conversation === undefined) return refusal;
  const ofReceiver = model.refusesToTake(receiver);
  if (ofReceiver !== null) return ofReceiver === 'OPERATOR_INACTIVE' ? 'NOT_FOUND' : ofReceiver;
  if (!model.mayTakeFrom(receiver, conversation.inbox)) return 'NOT_SUBSCRIBED';
  model.take(receiver, conversation, 'conversation.transferred');
  return conversation;
}

export function transferToInbox(
  model: Model,
  caller: number,
  conversation: Conversation,
  inbox: number,
): Expected {
  const refusal = refusesHolder(model, caller, conversation);
  if (refusal !== null || conversation === undefined) return refusal;
  conversation.inbox = inbox;
  model.become(conversation, 'conversation.transferred', 'QUEUED', null);
  decline(conversation, caller);
  return conversation;
}

export function accept(model: Model, caller: number, conversation: Conversation): Expected {
  const refusal = refusesHolder(model, caller, conversation);
  if (refusal !== null || conversation === undefined) return refusal;
  accepted(model, conversation);
  return conversation;
}

export function park(model: Model, caller: number, conversation: Conversation, until: boolean): Expected {
  const refusal = refusesHolder(model, caller, conversation);
  if (refusal !== null || conversation === undefined) return refusal;
  const parked = model.heldBy(caller).filter(({ isParked }) => isParked).length;
  if (!conversation.isParked && parked >= model.plan.maxParked) return 'OPERATOR_AT_PARK_LIMIT';
  if (conversation.isParked && conversation.until === until) return conversation;
  accepted(model, conversation);
  Object.assign(conversation, { isParked: true, until });
  if (until) conversation.deadlines.add('PARK');
  else conversation.deadlines.delete('PARK');
  stays(model, conversation, 'conversation.parked');
  return conversation;
}

export function unpark(model: Model, caller: number, conversation: Conversation): Expected {
  const refusal = refusesHolder(model, caller, conversation);
  if (refusal !== null || conversation === undefined) return refusal;
  unparked(model, conversation);
  return conversation;
}

/** A reply that is written now. @param by who replied, if the orchestrator says so */
export function reply(model: Model, conversation: ModelConversation, by: number | null): void {
  // The service uses the database's clock, in microseconds.
  conversation.repliedAt = new Date(Date.now() + 1);
  Object.assign(conversation, { isAwaitingReply: false, isOverdue: false });
  conversation.deadlines.delete('REPLY');
  if (conversation.holder !== null && (by === null || by === conversation.holder))
    accepted(model, conversation);
}

export function boost(model: Model, caller: Caller, conversation: Conversation, minutes: number): Expected {
  if (caller !== 'orchestrator') {
    const { isActive, role } = model.person(caller);
    if (!isActive) return 'OPERATOR_INACTIVE';
    if (role === 'OPERATOR') return 'FORBIDDEN';
  }
  if (conversation === undefined) return 'NOT_FOUND';
  if (conversation.ownBoost === minutes) return conversation;
  conversation.ownBoost = minutes;
  stays(model, conversation, 'conversation.boosted');
  return conversation;
}

/** Ends due deadlines of one kind. */
export function expire(
  model: Model,
  kind: Exclude<DeadlineKind, 'GRACE'>,
  due: readonly ModelConversation[],
): void {
  const missed: number[] = [];
  for (const conversation of due) {
    conversation.deadlines.delete(kind);
    const { holder } = conversation;
    if (holder === null) throw new Error('a deadline without a holder');
    if (kind === 'PARK') unparked(model, conversation);
    if (kind === 'ACCEPT') {
      requeue(model, conversation, 'conversation.not_accepted');
      missed.push(holder);
    }
    if (kind === 'REPLY' && model.plan.onReplyOverdue === 'REQUEUE')
      requeue(model, conversation, 'conversation.unanswered');
    else if (kind === 'REPLY' && !conversation.isOverdue) {
      conversation.isOverdue = true;
      stays(model, conversation, 'conversation.reply_overdue');
    }
  }
  for (const holder of missed) model.person(holder).misses++;
  for (const person of model.people.filter(({ misses }) => misses >= MISSES_BEFORE_PAUSE)) {
    person.misses = 0;
    if (person.availability !== 'AVAILABLE') continue;
    person.availability = 'PAUSED';
    person.changes++;
  }
}

/** Whether the person is not given it now: while somebody else could take it, or strictly. */
export function isDeclinedBy(model: Model, conversation: ModelConversation, person: number): boolean {
  const strict = conversation.declines.get(person);
  if (strict !== false) return strict === true;
  return model.people.some(
    (_, other) =>
      !conversation.declines.has(other) &&
      model.refusesToTake(other) === null &&
      model.mayTakeFrom(other, conversation.inbox) &&
      (model.plan.distributions[conversation.inbox] === 'PULL' ||
        model.person(other).inboxes.has(conversation.inbox)),
  );
}

/** What reopens goes to its last holder where the inbox asks for it and they are eligible. */
export function giveToKnownOperator(model: Model, conversation: ModelConversation): void {
  const { lastHolder, inbox } = conversation;
  if (lastHolder === null || model.plan.affinities[inbox] !== true) return;
  if (!model.person(lastHolder).inboxes.has(inbox) || model.refusesToTake(lastHolder) !== null) return;
  if (conversation.declines.has(lastHolder)) return;
  // The service reads the message before it gives the conversation.
  conversation.isAwaitingReply = true;
  model.become(conversation, 'conversation.distributed', 'ALLOCATED', lastHolder);
  model.turns.set(`${inbox} ${lastHolder}`, 1 + Math.max(0, ...model.turns.values()));
}

/** @param isOld whether it was written before the last reply or resolution */
export function customerWrote(model: Model, conversation: ModelConversation, isOld: boolean): void {
  if (conversation.isParked) unparked(model, conversation);
  if (isOld || conversation.isAwaitingReply) return;
  conversation.isAwaitingReply = true;
  if (conversation.holder !== null) startDeadlines(model, conversation, false);
}

export function startDeadlines(model: Model, conversation: ModelConversation, isDistributed: boolean): void {
  const { acceptWithin, replyWithin } = model.plan;
  if (isDistributed && acceptWithin[conversation.inbox] === true) conversation.deadlines.add('ACCEPT');
  if (conversation.isAwaitingReply && replyWithin[conversation.inbox] === true)
    conversation.deadlines.add('REPLY');
}

function accepted(model: Model, conversation: ModelConversation): void {
  if (!conversation.deadlines.delete('ACCEPT')) return;
  model.person(conversation.holder!).misses = 0;
  stays(model, conversation, 'conversation.accepted');
}

function unparked(model: Model, conversation: ModelConversation): void {
  if (!conversation.isParked) return;
  Object.assign(conversation, { isParked: false, until: false });
  conversation.deadlines.delete('PARK');
  stays(model, conversation, 'conversation.unparked');
}

function requeue(model: Model, conversation: ModelConversation, event: EventType): void {
  const { holder } = conversation;
  model.become(conversation, event, 'QUEUED', null);
  decline(conversation, holder!);
}

/** A strict decline stays strict. */
function decline(conversation: ModelConversation, person: number): void {
  if (!conversation.declines.has(person)) conversation.declines.set(person, false);
}

function stays(model: Model, conversation: ModelConversation, event: EventType): void {
  model.become(conversation, event, conversation.state, conversation.holder);
}
