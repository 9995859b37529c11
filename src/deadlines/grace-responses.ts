import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The time until which an OFFLINE operator keeps a conversation. */
export class GracePeriodResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000305' })
  conversationId: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000012' })
  operatorId: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T12:00:00.000Z' })
  startedAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T12:15:00.000Z' })
  expiresAt: string;
}

@ApiSchema({ name: 'ExpiredGracePeriods' })
export class ExpiredResponse {
  @ApiProperty({
    type: 'integer',
    example: 3,
    description: 'The number of conversations that were queued again.',
  })
  expired: number;
}
