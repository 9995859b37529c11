import { ApiProperty } from '@nestjs/swagger';
import type { EventType } from '../ledger/event.js';
import { AVAILABILITIES, type Availability } from '../operators/operator.js';
import { OperatorShare } from './distribution-statistics.js';
import { OutcomeCounts } from './outcome-counts.js';
import { InboxWaits } from './wait-statistics.js';

/** The transitions that are counted for an operator, with their names in events, responses and SQL. */
export const TRANSITION_NAMES = [
  { type: 'conversation.allocated', field: 'allocated', column: 'allocated' },
  { type: 'conversation.claimed', field: 'claimed', column: 'claimed' },
  { type: 'conversation.distributed', field: 'distributed', column: 'distributed' },
  { type: 'conversation.reassigned', field: 'reassigned', column: 'reassigned' },
  { type: 'conversation.resolved', field: 'resolved', column: 'resolved' },
  { type: 'conversation.deallocated', field: 'deallocated', column: 'deallocated' },
  { type: 'conversation.returned', field: 'returned', column: 'returned' },
  { type: 'conversation.transferred', field: 'transferred', column: 'transferred' },
  { type: 'conversation.grace_expired', field: 'graceExpired', column: 'grace_expired' },
  { type: 'conversation.released', field: 'released', column: 'released' },
  { type: 'conversation.not_accepted', field: 'notAccepted', column: 'not_accepted' },
  { type: 'conversation.unanswered', field: 'unanswered', column: 'unanswered' },
] as const satisfies readonly { type: EventType; field: keyof TransitionCounts; column: string }[];

const count = (example: number, description: string) => ({ type: 'integer' as const, example, description });

export class TransitionCounts {
  @ApiProperty(count(21, 'Allocated on their request.'))
  allocated: number;
  @ApiProperty(count(4, 'Claimed by them.'))
  claimed: number;
  @ApiProperty(count(12, 'Distributed to them by the service.'))
  distributed: number;
  @ApiProperty(count(2, 'Reassigned to them by a supervisor.'))
  reassigned: number;
  @ApiProperty(count(33, 'Resolved while they held it, by them or by somebody else.'))
  resolved: number;
  @ApiProperty(count(1, 'Deallocated by a supervisor.'))
  deallocated: number;
  @ApiProperty(count(2, 'Given back to the queue by them.'))
  returned: number;
  @ApiProperty(count(3, 'Handed over by them, to an operator or to an inbox.'))
  transferred: number;
  @ApiProperty(count(1, 'Queued again at the end of their grace period.'))
  graceExpired: number;
  @ApiProperty(count(0, 'Queued again because the operator was deactivated.'))
  released: number;
  @ApiProperty(count(1, 'Queued again because they did not accept it in time.'))
  notAccepted: number;
  @ApiProperty(count(0, 'Queued again because they did not reply in time.'))
  unanswered: number;
}

const MEAN = {
  type: Number,
  nullable: true,
  example: 412.5,
  description: 'Null when nothing was resolved.',
} as const;

export class MeanTimeToResolve {
  @ApiProperty(count(33, 'Conversations resolved while they held them, by them or by somebody else.'))
  count: number;
  @ApiProperty(MEAN)
  meanSeconds: number | null;
}

export class TimeToResolve extends MeanTimeToResolve {
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 1340.25,
    description: 'The 95th percentile, exact, interpolated between two values.',
  })
  p95Seconds: number | null;
}

const FROM = {
  type: String,
  format: 'date-time',
  nullable: true,
  example: null,
  description: 'As requested; null: from the beginning.',
} as const;
const TO = { ...FROM, description: 'As requested; null: up to now.' };
const CAPACITY = {
  type: 'integer',
  nullable: true,
  example: 3,
  description: 'Their `maxLoad`; null: no limit.',
} as const;

export class DistributionStatistics {
  @ApiProperty(FROM)
  from: string | null;
  @ApiProperty(TO)
  to: string | null;
  @ApiProperty({ type: [OperatorShare], description: 'By the names of inboxes and operators.' })
  data: OperatorShare[];
}

export class WaitStatistics {
  @ApiProperty(FROM)
  from: string | null;
  @ApiProperty(TO)
  to: string | null;
  @ApiProperty({
    type: [InboxWaits],
    description: 'By name. Archived inboxes only when something ended there in this time.',
  })
  data: InboxWaits[];
}

export class OperatorActivity {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000011' })
  operatorId: string;
  @ApiProperty({ example: 'Olivia Operator' })
  name: string;
  @ApiProperty({ enum: AVAILABILITIES, example: 'AVAILABLE' })
  status: Availability;
  @ApiProperty({ example: true })
  isActive: boolean;
  @ApiProperty(count(2, 'The number of conversations they hold now.'))
  load: number;
  @ApiProperty(CAPACITY)
  capacity: number | null;
  @ApiProperty({ type: TransitionCounts })
  transitions: TransitionCounts;
  @ApiProperty({ type: OutcomeCounts, description: '`transitions.resolved` by outcome.' })
  resolvedByOutcome: OutcomeCounts;
  @ApiProperty({ type: MeanTimeToResolve })
  timeToResolve: MeanTimeToResolve;
  @ApiProperty(
    count(1, 'Conversations lost at the end of a grace period; the same as `transitions.graceExpired`.'),
  )
  graceExpirations: number;
}

export class OperatorsStatistics {
  @ApiProperty(FROM)
  from: string | null;
  @ApiProperty(TO)
  to: string | null;
  @ApiProperty({ type: [OperatorActivity], description: 'Every operator, by name.' })
  data: OperatorActivity[];
}

export class OperatorStatistics {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000011' })
  operatorId: string;
  @ApiProperty(FROM)
  from: string | null;
  @ApiProperty(TO)
  to: string | null;
  @ApiProperty(count(2, 'The number of conversations they hold now.'))
  load: number;
  @ApiProperty(CAPACITY)
  capacity: number | null;
  @ApiProperty({ type: TransitionCounts })
  transitions: TransitionCounts;
  @ApiProperty({ type: OutcomeCounts, description: '`transitions.resolved` by outcome.' })
  resolvedByOutcome: OutcomeCounts;
  @ApiProperty({ type: TimeToResolve })
  timeToResolve: TimeToResolve;
  @ApiProperty(
    count(1, 'Conversations lost at the end of a grace period; the same as `transitions.graceExpired`.'),
  )
  graceExpirations: number;
}
