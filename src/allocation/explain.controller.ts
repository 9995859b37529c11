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
    summary: 'Why is it where it is?',
    detail:
      'Its place in the queue, its score and what it is made of; and for each operator whether they could be given it ' +
      'now, or every reason why not. By the same rules that allocation follows.',
    response: Explanation,
    problems: ['NOT_FOUND'],
  })
  explain(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<Explanation> {
    return this.explanations.explain(caller, id);
  }
}
