import { ApiProperty } from '@nestjs/swagger';
import { OUTCOMES, type Outcome } from './outcome.js';

export const EVENT_TYPES = [
  'conversation.created',
  'conversation.allocated',
  'conversation.claimed',
  'conversation.distributed',
  'conversation.reassigned',
  'conversation.deallocated',
  'conversation.returned',
  'conversation.transferred',
  'conversation.grace_expired',
  'conversation.released',
  'conversation.resolved',
  'conversation.reopened',
  'conversation.moved',
  'conversation.boosted',
  'conversation.customer_changed',
  'conversation.labelled',
  'conversation.unlabelled',
  'conversation.overdue',
  'conversation.accepted',
  'conversation.not_accepted',
  'conversation.reply_overdue',
  'conversation.unanswered',
  'conversation.parked',
  'conversation.unparked',
  'operator.available',
  'operator.paused',
  'operator.offline',
  'inbox.unattended',
  'inbox.attended',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const ACTOR_TYPES = ['OPERATOR', 'SERVICE', 'SYSTEM'] as const;

/** The actor: an operator, a service by its name, or this service itself. */
export class Actor {
  @ApiProperty({ enum: ACTOR_TYPES, example: 'OPERATOR' })
  type: (typeof ACTOR_TYPES)[number];
  @ApiProperty({ type: String, nullable: true, example: '019c8f00-0000-7000-8000-000000000011' })
  id: string | null;
}

class Position {
  @ApiProperty({
    type: String,
    nullable: true,
    enum: ['QUEUED', 'ALLOCATED', 'RESOLVED', null],
    example: 'QUEUED',
  })
  state: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  operatorId: string | null;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019c8f00-0000-7000-8000-000000000101',
  })
  inboxId: string | null;
}

/** The fields of every ledger entry. */
class EventFields {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000501' })
  id: string;
  @ApiProperty({ format: 'date-time' })
  occurredAt: string;
  @ApiProperty({ type: Actor })
  actor: Actor;
  @ApiProperty({
    description: 'The reason, in words for supervisors.',
    example: 'Asked for the next conversation: this one was first in line with a score of 0.0662',
  })
  reason: string;
  @ApiProperty({ type: Position })
  from: Position;
  @ApiProperty({
    type: Position,
    example: {
      state: 'ALLOCATED',
      operatorId: '019c8f00-0000-7000-8000-000000000011',
      inboxId: '019c8f00-0000-7000-8000-000000000101',
    },
  })
  to: Position;
}

const typesOf = (subject: 'conversation' | 'operator' | 'inbox') =>
  EVENT_TYPES.filter((type) => type.startsWith(`${subject}.`));
const NOTHING = {
  type: 'null' as const,
  example: null,
  description: 'Always null: no conversation changed.',
};

/** A transition of a conversation. */
export class ConversationEvent extends EventFields {
  @ApiProperty({ enum: typesOf('conversation'), example: 'conversation.allocated' })
  type: EventType;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000301' })
  conversationId: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ example: 'demo-1' })
  externalConversationId: string;
  @ApiProperty({ type: 'integer', example: 2, description: 'The version of the conversation after it.' })
  version: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 0.0662,
    description: 'The priority score with which it was allocated or distributed; otherwise null.',
  })
  score: number | null;
  @ApiProperty({
    type: String,
    nullable: true,
    enum: [...OUTCOMES, null],
    example: null,
    description: 'How it ended, where it was resolved; otherwise null.',
  })
  outcome: Outcome | null;
}

/** A change of the availability of an operator. */
export class OperatorEvent extends EventFields {
  @ApiProperty({ enum: typesOf('operator'), example: 'operator.offline' })
  type: EventType;
  @ApiProperty(NOTHING)
  conversationId: null;
  @ApiProperty(NOTHING)
  inboxId: null;
  @ApiProperty(NOTHING)
  externalConversationId: null;
  @ApiProperty(NOTHING)
  version: null;
  @ApiProperty(NOTHING)
  score: null;
  @ApiProperty(NOTHING)
  outcome: null;
}

/** Something waits in an inbox and nobody is there, or that is over. */
export class InboxEvent extends EventFields {
  @ApiProperty({ enum: typesOf('inbox'), example: 'inbox.unattended' })
  type: EventType;
  @ApiProperty(NOTHING)
  conversationId: null;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty(NOTHING)
  externalConversationId: null;
  @ApiProperty(NOTHING)
  version: null;
  @ApiProperty(NOTHING)
  score: null;
  @ApiProperty(NOTHING)
  outcome: null;
}

/** One ledger entry. The API document shows it as one of the three classes above, by type. */
export class EventResponse extends EventFields {
  type: EventType;
  conversationId: string | null;
  inboxId: string | null;
  externalConversationId: string | null;
  version: number | null;
  score: number | null;
  outcome: Outcome | null;
}

export interface EventRow {
  id: string;
  type: EventType;
  occurred_at: Date;
  conversation_id: string | null;
  inbox_id: string | null;
  external_conversation_id: string | null;
  version: number | null;
  actor_type: Actor['type'];
  actor_id: string | null;
  reason: string;
  score: number | null;
  outcome: Outcome | null;
  from_state: string | null;
  from_operator_id: string | null;
  from_inbox_id: string | null;
  to_state: string | null;
  to_operator_id: string | null;
  to_inbox_id: string | null;
}

export function eventResponse(row: EventRow): EventResponse {
  return {
    id: row.id,
    type: row.type,
    occurredAt: row.occurred_at.toISOString(),
    conversationId: row.conversation_id,
    inboxId: row.inbox_id,
    externalConversationId: row.external_conversation_id,
    version: row.version,
    actor: { type: row.actor_type, id: row.actor_id },
    reason: row.reason,
    score: row.score,
    outcome: row.outcome ?? (row.type === 'conversation.resolved' ? 'HANDLED' : null),
    from: { state: row.from_state, operatorId: row.from_operator_id, inboxId: row.from_inbox_id },
    to: { state: row.to_state, operatorId: row.to_operator_id, inboxId: row.to_inbox_id },
  };
}
