import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { EventResponse } from '../ledger/event.js';

@ApiSchema({ name: 'EventPage' })
export class FeedPageResponse {
  @ApiProperty({ type: [EventResponse] })
  data: EventResponse[];
  @ApiProperty({
    description: 'Goes into `after` for what comes next, also when there is nothing yet. Keep it.',
    example: 'c2FtcGxlLWN1cnNvcg',
  })
  nextCursor: string;
  @ApiProperty({ description: 'Whether to ask again at once.', example: false })
  hasMore: boolean;
}
