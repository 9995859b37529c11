import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { ServicePrincipal } from '../access/principal.js';
import { NEW } from '../conversations/conversation-examples.js';
import { Describe } from '../openapi/describe.js';
import { IngestService } from './ingest.service.js';
import { BatchResult, Message, MessageBatch, MessageResult } from './message.js';

@ApiTags('Messages')
@Controller('orchestrator/messages')
export class IngestController {
  constructor(private readonly ingest: IngestService) {}

  @Post()
  @Describe({
    summary: 'Report a customer message',
    detail:
      'Begins a conversation, counts the message, or reopens a resolved one. Messages may come late, again and out of ' +
      'order: give `messageId` and `occurredAt`.',
    status: 201,
    also: { 201: 'A new conversation began', 200: 'A known conversation was updated' },
    response: MessageResult,
    examples: {
      201: { conversation: NEW, created: true },
      200: { conversation: { ...NEW, messageCount: 2 }, created: false },
    },
    etag: true,
    problems: ['NOT_FOUND'],
  })
  async one(
    @Caller() service: ServicePrincipal,
    @Body() message: Message,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageResult> {
    const result = await this.ingest.one(service, message);
    void reply.status(result.created ? 201 : 200).header('ETag', `"${result.conversation.version}"`);
    return result;
  }

  @Post('batch')
  @Describe({
    summary: 'Report many customer messages',
    detail: '1 to 1,000. The results come in the order given; a wrong message does not fail the others.',
    response: BatchResult,
    example: {
      results: [
        { index: 0, status: 201, conversationId: NEW.id, created: true },
        {
          index: 1,
          status: 404,
          error: { code: 'NOT_FOUND', detail: 'There is no inbox with this phone number.' },
        },
      ],
    },
  })
  async batch(@Caller() service: ServicePrincipal, @Body() { messages }: MessageBatch): Promise<BatchResult> {
    return { results: await this.ingest.batch(service, messages) };
  }
}
