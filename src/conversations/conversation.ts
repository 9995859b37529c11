import { ApiProperty } from '@nestjs/swagger';
import { ViewColumn, ViewEntity } from 'typeorm';
import { OUTCOMES, type Outcome } from '../ledger/outcome.js';
import { STATES, type State } from '../ledger/state-machine.js';

export class LabelSummary {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000201' })
  id: string;
  @ApiProperty({ example: 'Refund' })
  name: string;
  @ApiProperty({ type: String, nullable: true, example: '#d97706' })
  color: string | null;
}

/** The metadata of one customer thread in one inbox. */
export class ConversationResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000301' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ example: 'Support', description: 'The name of this inbox.' })
  inboxName: string;
  @ApiProperty({
    format: 'uuid',
    example: '019c8f00-0000-7000-8000-000000000101',
    description: 'The inbox that it came in by, which its messages name. A move does not change it.',
  })
  originInboxId: string;
  @ApiProperty({
    example: 'demo-1',
    description: "The thread's id in the orchestrator; unique among the threads of `originInboxId`.",
  })
  externalConversationId: string;
  @ApiProperty({ type: String, nullable: true, example: '+4915112345601' })
  customerPhoneNumber: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'How the channel reaches the customer without a number: an e-mail address, a user id.',
  })
  customerAddress: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Carla Customer' })
  displayName: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'What it is about, as the latest message with a subject said.',
  })
  subject: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  leadId: string | null;
  @ApiProperty({ enum: STATES, example: 'QUEUED' })
  state: State;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  assignedOperatorId: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  assignedOperatorName: string | null;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: null,
    description: 'Who held it when it was resolved; null unless RESOLVED, and where nobody held it.',
  })
  lastOperatorId: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  lastOperatorName: string | null;
  @ApiProperty({ type: 'integer', example: 3 })
  messageCount: number;
  @ApiProperty({
    type: 'integer',
    example: 2,
    description: 'The messages since the customer began to wait; 0 while RESOLVED.',
  })
  waitingMessageCount: number;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T09:30:00.000Z' })
  lastMessageAt: string;
  @ApiProperty({
    format: 'date-time',
    description: 'The time of the message since which the customer waits.',
    example: '2026-03-02T07:20:00.000Z',
  })
  waitingSince: string;
  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'How many minutes longer than it does it counts as waiting.',
  })
  boostMinutes: number;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'The time of the last reply to the customer; null before the first.',
  })
  lastReplyAt: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-03-02T07:20:00.000Z',
    description: 'The time of the first message after the last reply; null while nobody waits for a reply.',
  })
  awaitingReplySince: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description:
      'When the holder must have accepted it; null unless it was distributed and the inbox asks for that.',
  })
  acceptBy: string | null;
  @ApiProperty({
    example: false,
    description: 'Whether it waits for the customer and is no load of its holder.',
  })
  isParked: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  parkedUntil: string | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 0.0662,
    description: 'Computed at the time of the response; null unless QUEUED.',
  })
  priorityScore: number | null;
  @ApiProperty({ type: [LabelSummary] })
  labels: LabelSummary[];
  @ApiProperty({
    type: 'integer',
    example: 1,
    description: 'The number of the last entry in its history, for `If-Match`.',
  })
  version: number;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T07:20:00.120Z' })
  createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T09:30:00.240Z' })
  updatedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  resolvedAt: string | null;
  @ApiProperty({
    type: String,
    enum: [...OUTCOMES, null],
    nullable: true,
    example: null,
    description: 'How it ended, as who resolved it said; null unless RESOLVED.',
  })
  outcome: Outcome | null;
}

/** The response of every action on a conversation. */
export class ConversationResult {
  @ApiProperty({ type: ConversationResponse })
  conversation: ConversationResponse;
}

/**
 * A conversation with the columns that responses show. Transitions and lists are statements that return the columns of
 * this view, so the properties have the names of columns.
 */
@ViewEntity({ name: 'conversation_details', synchronize: false })
export class ConversationRow {
  @ViewColumn()
  tenant_id: string;
  @ViewColumn()
  id: string;
  @ViewColumn()
  inbox_id: string;
  @ViewColumn()
  external_conversation_id: string;
  @ViewColumn()
  customer_phone_number: string | null;
  @ViewColumn()
  display_name: string | null;
  @ViewColumn()
  lead_id: string | null;
  @ViewColumn()
  state: State;
  @ViewColumn()
  assigned_operator_id: string | null;
  @ViewColumn()
  message_count: number;
  @ViewColumn()
  last_message_at: Date;
  @ViewColumn()
  waiting_since: Date;
  @ViewColumn()
  priority_score: number | null;
  @ViewColumn()
  labels: LabelSummary[];
  @ViewColumn()
  version: number;
  @ViewColumn()
  created_at: Date;
  @ViewColumn()
  updated_at: Date;
  @ViewColumn()
  resolved_at: Date | null;
  @ViewColumn()
  origin_inbox_id: string;
  @ViewColumn()
  inbox_name: string;
  @ViewColumn()
  assigned_operator_name: string | null;
  @ViewColumn()
  customer_address: string | null;
  @ViewColumn()
  subject: string | null;
  @ViewColumn()
  waiting_message_count: number;
  @ViewColumn()
  last_operator_id: string | null;
  @ViewColumn()
  last_operator_name: string | null;
  @ViewColumn()
  boost_minutes: number;
  @ViewColumn()
  is_parked: boolean;
  @ViewColumn()
  parked_until: Date | null;
  @ViewColumn()
  accept_by: Date | null;
  @ViewColumn()
  last_reply_at: Date | null;
  @ViewColumn()
  awaiting_reply_since: Date | null;
  @ViewColumn()
  outcome: Outcome | null;
}

export function conversationResponse(row: ConversationRow): ConversationResponse {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    inboxId: row.inbox_id,
    inboxName: row.inbox_name,
    originInboxId: row.origin_inbox_id,
    externalConversationId: row.external_conversation_id,
    customerPhoneNumber: row.customer_phone_number,
    customerAddress: row.customer_address,
    displayName: row.display_name,
    subject: row.subject,
    leadId: row.lead_id,
    state: row.state,
    assignedOperatorId: row.assigned_operator_id,
    assignedOperatorName: row.assigned_operator_name,
    lastOperatorId: row.last_operator_id,
    lastOperatorName: row.last_operator_name,
    messageCount: row.message_count,
    waitingMessageCount: row.waiting_message_count,
    lastMessageAt: row.last_message_at.toISOString(),
    waitingSince: row.waiting_since.toISOString(),
    boostMinutes: row.boost_minutes,
    lastReplyAt: row.last_reply_at?.toISOString() ?? null,
    awaitingReplySince: row.awaiting_reply_since?.toISOString() ?? null,
    acceptBy: row.accept_by?.toISOString() ?? null,
    isParked: row.is_parked,
    parkedUntil: row.parked_until?.toISOString() ?? null,
    priorityScore: row.priority_score,
    labels: row.labels,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    outcome: row.outcome,
  };
}
