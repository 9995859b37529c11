import { Body, Controller, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { ServicePrincipal } from '../access/principal.js';
import { REPLIED } from '../conversations/conversation-examples.js';
import { Describe } from '../openapi/describe.js';
import { IngestService } from './ingest.service.js';
import { IngestQuery } from './message.js';
import { Reply, ReplyResult } from './reply.js';

@ApiTags('Messages')
@Controller('orchestrator/replies')
export class RepliesController {
  constructor(private readonly ingest: IngestService) {}

  @Post()
  @ApiBody({ type: Reply })
  @Describe({
    id: 'ingestReply',
    summary: 'Ingest a reply',
    detail:
      'Somebody replied to the customer of a known thread. It ends the time to reply, and accepts the conversation when ' +
      'it is from the holder. It resolves, reopens and queues nothing. Replies may arrive late and repeatedly.',
    response: ReplyResult,
    example: { conversation: REPLIED, warnings: [] },
    etag: true,
    problems: ['NOT_FOUND', 'INBOX_INACTIVE'],
  })
  async one(
    @Caller() service: ServicePrincipal,
    @Body() reply: unknown,
    @Query() { strict }: IngestQuery,
    @Res({ passthrough: true }) response: FastifyReply,
  ): Promise<ReplyResult> {
    const result = await this.ingest.reply(service, reply, strict === 'true');
    void response.header('ETag', `"${result.conversation.version}"`);
    return result;
  }
}
