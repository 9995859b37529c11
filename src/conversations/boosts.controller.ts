import { Body, Controller, Param, Put, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { ExpectedVersion, IF_MATCH } from '../http/if-match.js';
import { idParam } from '../http/validation.pipe.js';
import { Describe } from '../openapi/describe.js';
import { BoostRequest } from './boost-request.js';
import { BoostsService } from './boosts.service.js';
import { BOOSTED } from './conversation-examples.js';
import { ConversationResult } from './conversation.js';

@ApiTags('Conversations')
@Controller('conversations/:id/boost')
export class BoostsController {
  constructor(private readonly boosts: BoostsService) {}

  @Put()
  @ApiHeader(IF_MATCH)
  @ApiBody({
    type: BoostRequest,
    examples: {
      sooner: { value: { minutes: 120, reason: 'A VIP customer' } },
      later: { value: { minutes: -60 } },
      noLonger: { value: { minutes: 0 } },
    },
  })
  @Describe({
    id: 'boostConversation',
    summary: 'Boost a conversation',
    detail:
      'It counts as if its customer had waited that much longer, beyond `maxDelayMinutes` too. Possible in every ' +
      'state: a boost stays until it is set again, and counts while the conversation waits. The same minutes again ' +
      'change nothing.',
    response: ConversationResult,
    example: { conversation: BOOSTED },
    etag: true,
    problems: ['NOT_FOUND', 'VERSION_MISMATCH'],
  })
  async boost(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: BoostRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const conversation = await this.boosts.boost(caller, id, request, version);
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }
}
