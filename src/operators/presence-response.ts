import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { AVAILABILITIES, type Availability } from './operator.js';

@ApiSchema({ name: 'OperatorPresence' })
export class PresenceResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000011' })
  operatorId: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-03-02T12:01:00.000Z',
    description: 'When the presence ends without another renewal; null in a tenant without a timeout.',
  })
  presentUntil: string | null;
  @ApiProperty({ enum: AVAILABILITIES, example: 'AVAILABLE' })
  status: Availability;
}
