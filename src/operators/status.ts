import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { NameField } from '../http/fields.js';
import { AVAILABILITIES, type Availability } from './operator.js';

const NEXT = ['OFFLINE'] as const;

@ApiSchema({ name: 'SetOperatorStatus' })
export class SetStatus {
  @ApiProperty({ enum: AVAILABILITIES, example: 'AVAILABLE' })
  @IsIn(AVAILABILITIES)
  status: Availability;

  @NameField({
    description: 'Why, for colleagues and supervisors. Without it the status has no reason.',
    example: 'Lunch',
    max: 50,
    optional: true,
    nullable: true,
  })
  reason?: string | null;

  @ApiPropertyOptional({
    enum: NEXT,
    description:
      'Only with PAUSED: the operator becomes OFFLINE by themselves as soon as they hold nothing any more; at once ' +
      'when they hold nothing now.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(NEXT)
  then?: 'OFFLINE';
}

export class GracePeriodSummary {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000306' })
  conversationId: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T12:15:00.000Z' })
  expiresAt: string;
}

@ApiSchema({ name: 'OperatorStatus' })
export class StatusResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000011' })
  operatorId: string;
  @ApiProperty({ enum: AVAILABILITIES, example: 'OFFLINE' })
  status: Availability;
  @ApiProperty({ type: String, nullable: true, example: 'Lunch' })
  reason: string | null;
  @ApiProperty({
    format: 'date-time',
    example: '2026-03-02T12:00:00.000Z',
    description: 'Since when they have this status. Another reason leaves it as it is.',
  })
  lastStatusChangeAt: string;
  @ApiProperty({
    type: [GracePeriodSummary],
    description: 'The conversations that are queued again, and when, unless the operator returns.',
  })
  gracePeriods: GracePeriodSummary[];
  @ApiProperty({
    example: false,
    description:
      'Whether grace periods of more conversations are still to begin. Those of thousands begin in batches.',
  })
  hasMore: boolean;
  @ApiPropertyOptional({
    enum: NEXT,
    description: 'The status they get as soon as they hold nothing any more; absent when they keep theirs.',
  })
  then?: 'OFFLINE';
  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'When their presence ends without a renewal; absent in a tenant without `presenceTimeoutSeconds`.',
  })
  presentUntil?: string;
}
