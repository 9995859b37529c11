import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { idParam } from '../http/validation.pipe.js';
import { Explanation } from './explain.js';
import { ExplainService } from './explain.service.js';

@ApiTags('Conversations')
@Controller('conversations/:id/explain')
export class ExplainController {
  constructor(private readonly explanations: ExplainService) {}

  @Get()
  @Describe({
    id: 'explainConversation',
    summary: 'Explain a conversation',
    detail:
      'Its rank in the queue, its score and the parts of the score; and for each operator whether they are ' +
      'eligible now, or every reason why not. Uses the same rules as allocation.',
    response: Explanation,
    problems: ['NOT_FOUND'],
  })
  explain(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<Explanation> {
    return this.explanations.explain(caller, id);
  }
}
