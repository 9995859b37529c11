import type { Right } from '../access/principal.js';
import type { ProblemCode } from '../http/problem.js';
import type { EventType } from './event.js';

export const STATES = ['QUEUED', 'ALLOCATED', 'RESOLVED'] as const;
export type State = (typeof STATES)[number];

/** Who starts a transition: a caller with a right, or the service itself. */
export type Mover = Exclude<Right, 'PLATFORM'> | 'SYSTEM';

export interface Transition {
  readonly event: EventType;
  /** The state after the transition; by the state before it when that makes a difference. */
  readonly to: State | Record<State, readonly State[]>;
  /** The states from which each mover can start it. A mover that is missing never can. `create` has no state before. */
  readonly from: Partial<Record<Mover, readonly State[]>>;
}

/** The state stays, except when the holder is not subscribed to the new inbox; then ALLOCATED becomes QUEUED. */
const MOVED = { QUEUED: ['QUEUED'], ALLOCATED: ['ALLOCATED', 'QUEUED'], RESOLVED: ['RESOLVED'] } as const;
const ALL = ['QUEUED', 'ALLOCATED', 'RESOLVED'] as const;
/** What is recorded of a conversation that stays where it is. */
const STAYS = { QUEUED: ['QUEUED'], ALLOCATED: ['ALLOCATED'], RESOLVED: ['RESOLVED'] } as const;
const OF_THE_HOLDER_OR_ANYBODY_ABOVE = {
  OPERATOR: ['ALLOCATED'],
  MANAGER: ALL,
  ADMIN: ALL,
  SERVICE: ALL,
} as const;
/** What only the holder does. MANAGER and ADMIN hold conversations, too. */
const OF_THE_HOLDER = { OPERATOR: ['ALLOCATED'], MANAGER: ['ALLOCATED'], ADMIN: ['ALLOCATED'] } as const;
/** To an operator, or to an inbox. */
const HANDED_OVER = { QUEUED: [], ALLOCATED: ['ALLOCATED', 'QUEUED'], RESOLVED: [] } as const;
const OF_EVERYBODY = { OPERATOR: ['QUEUED'], MANAGER: ['QUEUED'], ADMIN: ['QUEUED'] } as const;
const OF_THE_HOLDER_OR_ABOVE = {
  OPERATOR: ['ALLOCATED'],
  MANAGER: ['QUEUED', 'ALLOCATED'],
  ADMIN: ['QUEUED', 'ALLOCATED'],
  SERVICE: ['QUEUED', 'ALLOCATED'],
} as const;

/**
 * The life cycle of a conversation. Guards, error codes, the diagram in docs/architecture.md and the tests come from
 * here.
 */
export const TRANSITIONS = {
  create: { event: 'conversation.created', to: 'QUEUED', from: { SERVICE: [] } },
  allocate: { event: 'conversation.allocated', to: 'ALLOCATED', from: OF_EVERYBODY },
  distribute: { event: 'conversation.distributed', to: 'ALLOCATED', from: { SYSTEM: ['QUEUED'] } },
  claim: { event: 'conversation.claimed', to: 'ALLOCATED', from: OF_EVERYBODY },
  resolve: { event: 'conversation.resolved', to: 'RESOLVED', from: OF_THE_HOLDER_OR_ABOVE },
  reassign: {
    event: 'conversation.reassigned',
    to: 'ALLOCATED',
    from: { MANAGER: ALL, ADMIN: ALL, SERVICE: ALL },
  },
  deallocate: {
    event: 'conversation.deallocated',
    to: 'QUEUED',
    from: { MANAGER: ['ALLOCATED'], ADMIN: ['ALLOCATED'], SERVICE: ['ALLOCATED'] },
  },
  release: { event: 'conversation.returned', to: 'QUEUED', from: OF_THE_HOLDER },
  transfer: { event: 'conversation.transferred', to: HANDED_OVER, from: OF_THE_HOLDER },
  expireGrace: { event: 'conversation.grace_expired', to: 'QUEUED', from: { SYSTEM: ['ALLOCATED'] } },
  deactivate: { event: 'conversation.released', to: 'QUEUED', from: { SYSTEM: ['ALLOCATED'] } },
  reopen: { event: 'conversation.reopened', to: 'QUEUED', from: { SERVICE: ['RESOLVED'] } },
  move: { event: 'conversation.moved', to: MOVED, from: { MANAGER: ALL, ADMIN: ALL, SERVICE: ALL } },
  boost: { event: 'conversation.boosted', to: STAYS, from: { MANAGER: ALL, ADMIN: ALL, SERVICE: ALL } },
  changeCustomer: { event: 'conversation.customer_changed', to: STAYS, from: { SERVICE: ALL } },
  label: { event: 'conversation.labelled', to: STAYS, from: OF_THE_HOLDER_OR_ANYBODY_ABOVE },
  unlabel: { event: 'conversation.unlabelled', to: STAYS, from: OF_THE_HOLDER_OR_ANYBODY_ABOVE },
  accept: {
    event: 'conversation.accepted',
    to: 'ALLOCATED',
    // SERVICE: a reply of the holder.
    from: { ...OF_THE_HOLDER, SERVICE: ['ALLOCATED'] },
  },
  park: { event: 'conversation.parked', to: 'ALLOCATED', from: OF_THE_HOLDER },
  unpark: {
    event: 'conversation.unparked',
    to: 'ALLOCATED',
    // SERVICE: the customer wrote.
    from: { ...OF_THE_HOLDER, SERVICE: ['ALLOCATED'], SYSTEM: ['ALLOCATED'] },
  },
  expireAcceptance: { event: 'conversation.not_accepted', to: 'QUEUED', from: { SYSTEM: ['ALLOCATED'] } },
  expireReply: { event: 'conversation.unanswered', to: 'QUEUED', from: { SYSTEM: ['ALLOCATED'] } },
  reportOverdue: { event: 'conversation.overdue', to: 'QUEUED', from: { SYSTEM: ['QUEUED'] } },
  reportReplyOverdue: {
    event: 'conversation.reply_overdue',
    to: 'ALLOCATED',
    from: { SYSTEM: ['ALLOCATED'] },
  },
} as const satisfies Record<string, Transition>;

export type TransitionName = keyof typeof TRANSITIONS;

/** The states from which `mover` can start the transition; empty when they never can. */
export function allowedFrom(name: TransitionName, mover: Mover): readonly State[] {
  const { from }: Transition = TRANSITIONS[name];
  return from[mover] ?? [];
}

/** The error of a transition that is not possible in this state. */
export function refusalIn(name: TransitionName, mover: Mover, state: State): ProblemCode {
  if (name === 'resolve' && state === 'RESOLVED') return 'CONVERSATION_ALREADY_RESOLVED';
  return allowedFrom(name, mover).includes('QUEUED')
    ? 'CONVERSATION_NOT_QUEUED'
    : 'CONVERSATION_NOT_ALLOCATED';
}
