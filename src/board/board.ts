import { ApiProperty } from '@nestjs/swagger';
import { AVAILABILITIES, type Availability } from '../operators/operator.js';

const INBOX = '019c8f00-0000-7000-8000-000000000101';
const CONVERSATION = '019c8f00-0000-7000-8000-000000000302';
const OPERATOR = '019c8f00-0000-7000-8000-000000000012';

/** Somebody in an inbox: how many of its operators are there. */
export class BoardPresence {
  @ApiProperty({ type: 'integer', example: 2 })
  available: number;
  @ApiProperty({ type: 'integer', example: 1 })
  paused: number;
  @ApiProperty({ type: 'integer', example: 1 })
  offline: number;
}

export class BoardInbox {
  @ApiProperty({ format: 'uuid', example: INBOX })
  inboxId: string;
  @ApiProperty({ example: 'Support' })
  name: string;
  @ApiProperty({ type: 'integer', example: 9, description: 'How many conversations wait.' })
  waiting: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-03-02T09:30:00.000Z' })
  oldestWaitingSince: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: CONVERSATION })
  oldestConversationId: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Ben Buyer', description: 'Who waits longest.' })
  oldestCustomerName: string | null;
  @ApiProperty({
    type: 'integer',
    example: 3,
    description:
      'How many wait longer than `waitTargetSeconds` of the inbox, counted up to 1,000; 0 without a target.',
  })
  overTarget: number;
  @ApiProperty({
    type: 'number',
    nullable: true,
    example: 190,
    description:
      'The median wait of what was given in `lastHour`, in seconds, as in `GET /stats/waits`; null when nothing was given.',
  })
  waitP50: number | null;
  @ApiProperty({ type: 'number', nullable: true, example: 760, description: 'The 90th percentile.' })
  waitP90: number | null;
  @ApiProperty({ type: 'integer', example: 31, description: 'Created or reopened in the last hour.' })
  arrivals: number;
  @ApiProperty({
    type: 'integer',
    example: 27,
    description: 'Given to somebody from the queue in the last hour.',
  })
  given: number;
  @ApiProperty({ type: 'integer', example: 25, description: 'Resolved in the last hour.' })
  resolved: number;
  @ApiProperty({ type: BoardPresence, description: 'The active operators with a subscription, by status.' })
  operators: BoardPresence;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 1,
    description: 'How many more the available operators may hold; null when one of them has no limit.',
  })
  freeCapacity: number | null;
}

export class BoardOperator {
  @ApiProperty({ format: 'uuid', example: OPERATOR })
  operatorId: string;
  @ApiProperty({ example: 'Oscar Operator' })
  name: string;
  @ApiProperty({ enum: AVAILABILITIES, example: 'PAUSED' })
  status: Availability;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Lunch',
    description: 'Why they are in this status.',
  })
  reason: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T12:00:00.000Z', description: 'Of the status.' })
  since: string;
  @ApiProperty({ type: 'integer', example: 2, description: 'What they hold, without what is parked.' })
  load: number;
  @ApiProperty({ type: 'integer', example: 1 })
  parked: number;
  @ApiProperty({ type: 'integer', nullable: true, example: 3, description: 'Null: no limit.' })
  maxLoad: number | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-03-02T11:56:00.000Z' })
  lastGivenAt: string | null;
  @ApiProperty({ type: [String], format: 'uuid', example: [INBOX], description: 'Their subscriptions.' })
  inboxIds: string[];
}

export const ATTENTION_KINDS = ['UNATTENDED', 'OVER_TARGET', 'GRACE_ENDING', 'UNANSWERED'] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

export class BoardAttention {
  @ApiProperty({
    enum: ATTENTION_KINDS,
    example: 'OVER_TARGET',
    description:
      'UNATTENDED: something waits in the inbox, and nobody is there, as `inbox.unattended` has said. OVER_TARGET: somebody waits longer than the ' +
      'target of the inbox. GRACE_ENDING: the holder is away, and loses the conversation within ten minutes. UNANSWERED: ' +
      'the customer waits for a reply of the holder longer than `replyWithinSeconds` of the inbox, or a quarter of an hour.',
  })
  kind: AttentionKind;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: CONVERSATION })
  conversationId: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: INBOX })
  inboxId: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  operatorId: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Ben Buyer', description: 'Of the conversation.' })
  customerName: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T09:45:00.000Z' })
  since: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'With GRACE_ENDING: when the holder loses the conversation.',
  })
  until: string | null;
}

export class BoardHour {
  @ApiProperty({
    format: 'date-time',
    example: '2026-03-02T11:00:00.000Z',
    description: 'The first interval.',
  })
  startsAt: string;
  @ApiProperty({ type: 'integer', example: 300 })
  intervalSeconds: number;
  @ApiProperty({ type: 'array', items: { type: 'integer' }, example: [4, 6, 5, 3, 7, 9, 6, 5, 4, 5, 6, 2] })
  arrivals: number[];
  @ApiProperty({ type: 'array', items: { type: 'integer' }, example: [3, 5, 6, 3, 5, 8, 7, 5, 4, 4, 5, 0] })
  given: number[];
}

/** What a supervisor sees at one glance. */
export class Board {
  @ApiProperty({
    format: 'date-time',
    example: '2026-03-02T12:00:00.000Z',
    description: 'The moment of the snapshot.',
  })
  asOf: string;
  @ApiProperty({
    example: 'eyJwIjoiMTIzIn0',
    description:
      'Where to follow `GET /events` or the stream from: nothing after the snapshot is missed. An event of the same moment ' +
      'can come although the snapshot has it already.',
  })
  cursor: string;
  @ApiProperty({
    type: [BoardInbox],
    description: 'By name. Archived ones only while something waits there.',
  })
  inboxes: BoardInbox[];
  @ApiProperty({ type: [BoardOperator], description: 'The active ones, by name.' })
  operators: BoardOperator[];
  @ApiProperty({ type: [BoardAttention], description: 'The worst first, at most 50 of a kind.' })
  attention: BoardAttention[];
  @ApiProperty({
    type: BoardHour,
    description:
      'The last hour of the whole tenant, for a chart: sixty minutes, of which the last one has begun.',
  })
  lastHour: BoardHour;
}
