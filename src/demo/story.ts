import { newId } from '../database/id.js';
import type { EventType } from '../ledger/event.js';
import type { State } from '../ledger/state-machine.js';
import { TEAM, type Present } from './demo-team.js';

/** The service that reports the messages of the team. */
const SERVICE = 'demo';
/** How long after taking a conversation an operator replies. */
const REPLY_SECONDS = 60;

/** An entry of the ledger, without where it begins: there, where the one before ended. */
export interface Step {
  readonly type: EventType;
  /** How many seconds ago. */
  readonly at: number;
  readonly actorType: 'OPERATOR' | 'SERVICE' | 'SYSTEM';
  readonly actorId: string | null;
  readonly to: State;
  /** Who holds it then. */
  readonly operatorId?: string;
  readonly reason: string;
  readonly score?: number;
  readonly outcome?: string;
}

/** A conversation from its first message until now. */
export interface Story {
  readonly number: number;
  readonly inboxId: string;
  readonly name: string;
  readonly messages: number;
  /** The oldest first. */
  readonly steps: readonly Step[];
  /** Since how many seconds the customer awaits a reply of the holder. */
  readonly unanswered?: number;
}

export function created(at: number): Step {
  return {
    type: 'conversation.created',
    at,
    actorType: 'SERVICE',
    actorId: SERVICE,
    to: 'QUEUED',
    reason: 'The first message of a new conversation',
  };
}

export function claimed(at: number, operatorId: string): Step {
  return {
    type: 'conversation.claimed',
    at,
    actorType: 'OPERATOR',
    actorId: operatorId,
    to: 'ALLOCATED',
    operatorId,
    reason: 'Picked by the operator',
  };
}

export function given(at: number, operatorId: string): Step {
  return {
    type: 'conversation.distributed',
    at,
    actorType: 'SYSTEM',
    actorId: null,
    to: 'ALLOCATED',
    operatorId,
    reason: 'Distributed to the lowest load per weight: load 0, weight 1',
  };
}

export function reassigned(at: number, supervisorId: string, operatorId: string): Step {
  return {
    type: 'conversation.reassigned',
    at,
    actorType: 'OPERATOR',
    actorId: supervisorId,
    to: 'ALLOCATED',
    operatorId,
    reason: 'Given to the operator by a manager',
  };
}

export function parked(at: number, operatorId: string): Step {
  return {
    type: 'conversation.parked',
    at,
    actorType: 'OPERATOR',
    actorId: operatorId,
    to: 'ALLOCATED',
    operatorId,
    reason: 'Parked by the operator',
  };
}

export function resolved(at: number, operatorId: string, outcome: string): Step {
  const reason = 'Closed by the operator';
  return {
    type: 'conversation.resolved',
    at,
    actorType: 'OPERATOR',
    actorId: operatorId,
    to: 'RESOLVED',
    reason,
    outcome,
  };
}

/** What nobody needs to handle. */
export function spam(at: number): Step {
  return {
    type: 'conversation.resolved',
    at,
    actorType: 'SERVICE',
    actorId: SERVICE,
    to: 'RESOLVED',
    reason: 'Closed by the orchestrator',
    outcome: 'SPAM',
  };
}

/** What is now, with how it came about. */
export function storyOf(
  { inboxId, name, messages, arrived, taken, parked: parkedAt, unanswered }: Present,
  number: number,
): Story {
  const steps = [created(arrived)];
  const isPushed = TEAM.inboxes.some(({ id, distribution }) => id === inboxId && distribution !== 'PULL');
  if (taken !== undefined) steps.push((isPushed ? given : claimed)(taken.at, taken.by));
  if (taken !== undefined && parkedAt !== undefined) steps.push(parked(parkedAt, taken.by));
  return { number, inboxId, name, messages, steps, ...(unanswered === undefined ? {} : { unanswered }) };
}

interface IdentifiedStory extends Story {
  readonly id: string;
  readonly thread: string;
  readonly steps: readonly (Step & { readonly id: string })[];
}

export function withIds(story: Story): IdentifiedStory {
  return {
    ...story,
    id: newId(),
    thread: `team-${story.number + 1}`,
    steps: story.steps.map((step) => ({ ...step, id: newId() })),
  };
}

/** The conversation as its last step left it. Times are in seconds ago. */
export function rowOf({ id, inboxId, thread, name, number, messages, steps, unanswered }: IdentifiedStory) {
  const [first] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined) throw new Error(`${thread} has no steps`);
  const taken = steps.find(({ to }) => to === 'ALLOCATED');
  const asks = taken === undefined ? first.at : (first.at + taken.at) / 2;
  return {
    id,
    inboxId,
    thread,
    name,
    phone: `+49151234${String(50_000 + number)}`,
    messages,
    state: last.to,
    operatorId: last.to === 'ALLOCATED' ? last.operatorId : null,
    lastOperatorId: last.to === 'RESOLVED' ? steps.at(-2)?.operatorId : null,
    outcome: last.outcome,
    isParked: last.type === 'conversation.parked',
    arrived: first.at,
    lastMessage: unanswered ?? asks,
    lastReply: taken === undefined ? null : taken.at - REPLY_SECONDS,
    unanswered: last.to === 'QUEUED' ? first.at : unanswered,
    version: steps.length,
    eventId: last.id,
    changed: last.at,
  };
}

/** The entries of the ledger. Each begins where the one before ended. */
export function entriesOf({ id: conversationId, inboxId, thread, steps }: IdentifiedStory) {
  return steps.map(({ to, operatorId, ...step }, i) => ({
    ...step,
    conversationId,
    inboxId,
    thread,
    version: i + 1,
    arrived: steps[0]?.at,
    from: steps[i - 1]?.to,
    fromOperator: steps[i - 1]?.operatorId,
    to,
    toOperator: operatorId,
  }));
}
