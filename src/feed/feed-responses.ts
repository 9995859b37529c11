import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { EventResponse } from '../ledger/event.js';

@ApiSchema({ name: 'EventPage' })
export class FeedPageResponse {
  @ApiProperty({ type: [EventResponse] })
  data: EventResponse[];
  @ApiProperty({
    description: 'Send it as `after` to continue. Always set, also on the last page.',
    example: 'c2FtcGxlLWN1cnNvcg',
  })
  nextCursor: string;
  @ApiProperty({ description: 'Whether there are more entries already.', example: false })
  hasMore: boolean;
}
