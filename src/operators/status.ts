import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { AVAILABILITIES, type Availability } from './operator.js';

@ApiSchema({ name: 'SetOperatorStatus' })
export class SetStatus {
  @ApiProperty({ enum: AVAILABILITIES, example: 'AVAILABLE' })
  @IsIn(AVAILABILITIES)
  status: Availability;
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
  @ApiProperty({ format: 'date-time', example: '2026-03-02T12:00:00.000Z' })
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
}
