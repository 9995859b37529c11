import { Controller, Post } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import { EventTickets } from '../access/event-tickets.js';
import type { TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { ShownOnce } from '../openapi/shown-once.js';

export class EventTicket {
  @ShownOnce({ example: 'iet_AZyPAAAAcACAAAAAAAAAAQ_…', description: 'For `GET /events/stream?ticket=`.' })
  ticket: string;
  @ApiProperty({ format: 'date-time', description: 'Until then it can be used, once.' })
  expiresAt: string;
}

@ApiTags('Events')
@Controller('events/tickets')
export class TicketsController {
  constructor(private readonly tickets: EventTickets) {}

  @Post()
  @Describe({
    id: 'createEventTicket',
    summary: 'Create a ticket for a stream',
    detail:
      'A ticket opens one stream of events as the caller, within 30 seconds: `new EventSource("…/events/stream?ticket=…")`. ' +
      'Browsers cannot send credentials with it. When the stream ends, get another ticket and continue with `after`.',
    status: 201,
    response: EventTicket,
  })
  create(@Caller() caller: TenantPrincipal): Promise<EventTicket> {
    return this.tickets.issue(caller);
  }
}
