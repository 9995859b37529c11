import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { recordStreamStart } from '../http/request-metrics.js';
import { EventStream } from './event-stream.js';
import { FeedService } from './feed.service.js';
import { STREAM_EXAMPLE } from './stream-example.js';
import { StreamHub } from './stream-hub.js';
import { StreamPresences } from './stream-presences.js';
import { StreamQuery } from './stream-query.js';

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // nginx would buffer a slow response.
  'X-Accel-Buffering': 'no',
};

@ApiTags('Events')
@Controller('events')
export class StreamController {
  constructor(
    private readonly feed: FeedService,
    private readonly hub: StreamHub,
    private readonly presences: StreamPresences,
  ) {}

  @Get('stream')
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description:
      'The id of the last event received, with the same filters; the stream continues after it. Browsers send it when ' +
      'they reconnect.',
    schema: { type: 'string', minLength: 1, maxLength: 2_000, pattern: '^[A-Za-z0-9_-]+$' },
  })
  @Describe({
    id: 'streamEvents',
    summary: 'Stream events',
    detail:
      'The entries of `GET /events` as server-sent events, in the same order, each exactly once: `event` is ' +
      'the type, `data` the entry as JSON, `id` a cursor for `Last-Event-ID` and for `after` of both ' +
      'routes. An `id` without data says how far the feed was read. A comment every few seconds keeps the ' +
      'connection alive. A stream ends after about 15 minutes, when the service stops, when the caller ' +
      'loses the right to listen, or when they do not read; reconnect with `Last-Event-ID`.',
    content: { 'text/event-stream': STREAM_EXAMPLE },
    problems: ['INVALID_CURSOR', 'TOO_MANY_STREAMS', 'STREAMS_UNAVAILABLE'],
  })
  async open(
    @Caller() caller: TenantPrincipal,
    @Query() query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.hub.requireRoom(caller);
    const position = await this.feed.startOf(caller, query, lastEventId);
    const renewal = query.presence === 'true' ? await this.presences.begin(caller) : null;
    // Others may have opened streams meanwhile.
    this.hub.requireRoom(caller);
    if (request.method === 'HEAD') {
      void reply.headers(HEADERS).send();
      return;
    }
    // Fastify does not handle the response from here on, so its headers are sent with ours.
    reply.hijack();
    const response = reply.raw;
    const { id: requestId, socket } = request;
    if (socket.destroyed) return;
    for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...HEADERS })) {
      if (value !== undefined) response.setHeader(name, value);
    }
    response.writeHead(200);
    recordStreamStart(response);
    const stream = new EventStream({ caller, filters: query, position, requestId, socket, response });
    this.hub.add(stream, renewal?.timeoutSeconds ?? null);
    if (renewal !== null) this.presences.keep(stream, renewal);
  }
}
