import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from '../http/problem.js';
import { STATES, type State } from '../ledger/state-machine.js';
import { BulkAction } from './bulk-requests.js';
import { BULK_STATUSES, type BulkStatus, type ItemRow, type PlanRow } from './bulk-statements.js';

export const ITEM_OUTCOMES = ['PENDING', 'DONE', 'REFUSED', 'CANCELLED'] as const;
export type ItemOutcome = (typeof ITEM_OUTCOMES)[number];

class BulkResult {
  @ApiProperty({ enum: STATES, example: 'ALLOCATED' })
  state: State;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019c8f00-0000-7000-8000-000000000011',
  })
  assignedOperatorId: string | null;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ example: true, description: 'false: it is as wanted already.' })
  changes: boolean;
}

export class BulkItem {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000305' })
  conversationId: string;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 2,
    description: 'The version that the plan saw; null when there is no such conversation.',
  })
  version: number | null;
  @ApiProperty({
    type: BulkResult,
    nullable: true,
    description:
      'What the action makes of it, before its inbox distributes it perhaps; null when the plan refuses it.',
  })
  would: BulkResult | null;
  @ApiProperty({
    enum: ITEM_OUTCOMES,
    example: 'PENDING',
    description: 'PENDING: not done yet. CANCELLED: not done, since the bulk was cancelled.',
  })
  outcome: ItemOutcome;
  @ApiProperty({
    enum: [...Object.keys(PROBLEMS), null],
    type: String,
    nullable: true,
    example: null,
    description: 'Why it is REFUSED: the code that the same action on this conversation alone would have.',
  })
  refusal: ProblemCode | null;
}

export class BulkCounts {
  @ApiProperty({ type: 'integer', example: 2 })
  items: number;
  @ApiProperty({ type: 'integer', example: 2 })
  pending: number;
  @ApiProperty({ type: 'integer', example: 0 })
  done: number;
  @ApiProperty({ type: 'integer', example: 0 })
  refused: number;
  @ApiProperty({ type: 'integer', example: 0 })
  cancelled: number;
}

/** An action on many conversations: its plan, and how far its run is. */
export class Bulk {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000801' })
  planId: string;
  @ApiProperty({ enum: BULK_STATUSES, example: 'PLANNED' })
  status: BulkStatus;
  @ApiProperty({ type: BulkAction })
  action: BulkAction;
  @ApiProperty({ type: String, nullable: true, example: 'Oscar is ill' })
  reason: string | null;
  @ApiProperty({ type: BulkCounts })
  counts: BulkCounts;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T10:20:00.000Z' })
  createdAt: string;
  @ApiProperty({
    format: 'date-time',
    example: '2026-03-02T10:35:00.000Z',
    description: 'Until when it can be run.',
  })
  expiresAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  startedAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  endedAt: string | null;
}

export class BulkPlan extends Bulk {
  @ApiProperty({ type: [BulkItem], description: 'In the order in which they are done.' })
  items: BulkItem[];
}

export class BulkProgress extends Bulk {
  @ApiPropertyOptional({ type: [BulkItem], description: 'With `include=items`.' })
  items?: BulkItem[];
}

export function bulkPlan(plan: PlanRow, rows: readonly ItemRow[]): BulkPlan {
  const items = rows.map((row) => bulkItem(row, plan.status));
  const count = (outcome: ItemOutcome) => items.filter((item) => item.outcome === outcome).length;
  return {
    planId: plan.id,
    status: plan.status,
    action: plan.action,
    reason: plan.reason,
    counts: {
      items: items.length,
      pending: count('PENDING'),
      done: count('DONE'),
      refused: count('REFUSED'),
      cancelled: count('CANCELLED'),
    },
    createdAt: plan.created_at.toISOString(),
    expiresAt: plan.expires_at.toISOString(),
    startedAt: plan.started_at?.toISOString() ?? null,
    endedAt: plan.ended_at?.toISOString() ?? null,
    items,
  };
}

function bulkItem(row: ItemRow, status: BulkStatus): BulkItem {
  return {
    conversationId: row.conversation_id,
    version: row.version,
    would:
      row.to_state === null || row.to_inbox_id === null || row.changes === null
        ? null
        : {
            state: row.to_state,
            assignedOperatorId: row.to_operator_id,
            inboxId: row.to_inbox_id,
            changes: row.changes,
          },
    outcome: row.outcome ?? (status === 'CANCELLED' ? 'CANCELLED' : 'PENDING'),
    refusal: row.refusal as ProblemCode | null,
  };
}
