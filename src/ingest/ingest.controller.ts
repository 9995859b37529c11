import { Body, Controller, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { ServicePrincipal } from '../access/principal.js';
import { NEW } from '../conversations/conversation-examples.js';
import { warning } from '../customers/warning.js';
import { TakesList } from '../http/body-limits.js';
import { Describe } from '../openapi/describe.js';
import { IngestService } from './ingest.service.js';
import {
  BatchResult,
  IngestQuery,
  Message,
  MessageBatch,
  MessageResult,
  messagesOfBatch,
} from './message.js';

@ApiTags('Messages')
@Controller('orchestrator/messages')
export class IngestController {
  constructor(private readonly ingest: IngestService) {}

  @Post()
  @ApiBody({ type: Message })
  @Describe({
    id: 'ingestMessage',
    summary: 'Ingest a message',
    detail:
      'Creates a conversation, counts the message in a known one, or reopens a resolved one. Messages may ' +
      'arrive late, repeatedly and out of order: set `messageId` and `occurredAt`. What customers and channels wrote is ' +
      'never refused: it is normalised, kept, cut or left out, and `warnings` say so.',
    status: 201,
    also: { 201: 'A conversation was created', 200: 'A known conversation was updated' },
    response: MessageResult,
    examples: {
      201: { conversation: NEW, created: true, warnings: [] },
      200: {
        conversation: { ...NEW, messageCount: 2, waitingMessageCount: 2 },
        created: false,
        warnings: [warning('occurredAt', 'TIME_NOT_UNDERSTOOD')],
      },
    },
    etag: true,
    problems: ['NOT_FOUND', 'INBOX_INACTIVE'],
  })
  async one(
    @Caller() service: ServicePrincipal,
    @Body() message: unknown,
    @Query() { strict }: IngestQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageResult> {
    const result = await this.ingest.one(service, message, strict === 'true');
    void reply.status(result.created ? 201 : 200).header('ETag', `"${result.conversation.version}"`);
    return result;
  }

  @Post('batch')
  @TakesList()
  @ApiBody({ type: MessageBatch })
  @Describe({
    id: 'ingestMessages',
    summary: 'Ingest a batch of messages',
    detail:
      'Between 1 and 1,000 messages, and replies with `kind: "REPLY"`. The results have the order of the messages; an ' +
      'invalid one does not affect the others. A result with warnings was ingested. Replies count after the messages, ' +
      'each at its own time.',
    response: BatchResult,
    example: {
      results: [
        { index: 0, status: 201, conversationId: NEW.id, created: true, assignedOperatorId: null },
        {
          index: 1,
          status: 200,
          conversationId: NEW.id,
          created: false,
          assignedOperatorId: null,
          warnings: [warning('displayName', 'NAME_CLEANED')],
        },
        {
          index: 2,
          status: 404,
          error: { code: 'NOT_FOUND', detail: 'There is no inbox with this phone number.' },
        },
      ],
    },
  })
  async batch(
    @Caller() service: ServicePrincipal,
    @Body(messagesOfBatch) messages: unknown[],
    @Query() { strict }: IngestQuery,
  ): Promise<BatchResult> {
    return { results: await this.ingest.batch(service, messages, strict === 'true') };
  }
}
