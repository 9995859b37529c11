import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { CreateApiKey } from './api-key-requests.js';
import { ApiKeyResponse, NewApiKey } from './api-key.js';
import { ApiKeysService } from './api-keys.service.js';

@ApiTags('API keys')
@Controller('api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  @Post()
  @ApiBody({
    type: CreateApiKey,
    examples: {
      orchestrator: { value: { name: 'orchestrator' } },
      signed: { value: { name: 'orchestrator', requestSigning: true } },
    },
  })
  @Describe({
    summary: 'Make an API key for a service',
    detail:
      'The answer is the only one that shows the key. To replace a key, make a second one, hand it to the service, and ' +
      'revoke the first.',
    status: 201,
    response: NewApiKey,
  })
  create(@Caller() admin: OperatorPrincipal, @Body() request: CreateApiKey): Promise<NewApiKey> {
    return this.apiKeys.create(admin, request);
  }

  @Get()
  @Describe({
    summary: 'List API keys, oldest first',
    detail: 'Expired ones too, until they are revoked.',
    response: PageOf(ApiKeyResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Caller() admin: OperatorPrincipal, @Query() query: PageQuery): Promise<Page<ApiKeyResponse>> {
    return this.apiKeys.list(admin, query);
  }

  @Delete(':id')
  @Describe({
    summary: 'Revoke an API key',
    detail: 'The next request that comes with it is refused. What was done with it stays in the ledger.',
    status: 204,
    problems: ['NOT_FOUND'],
  })
  revoke(@Caller() admin: OperatorPrincipal, @Param('id', idParam) id: string): Promise<void> {
    return this.apiKeys.revoke(admin, id);
  }
}
