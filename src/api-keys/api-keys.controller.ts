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
      router: { value: { name: 'router', scopes: ['read', 'route'] } },
      signed: { value: { name: 'orchestrator', requestSigning: true } },
    },
  })
  @Describe({
    id: 'createApiKey',
    summary: 'Create an API key',
    detail:
      'Only this response shows the key. To replace a key, create a second one, give it to the service, and ' +
      'revoke the first.',
    status: 201,
    response: NewApiKey,
    problems: ['ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
  })
  create(@Caller() admin: OperatorPrincipal, @Body() request: CreateApiKey): Promise<NewApiKey> {
    return this.apiKeys.create(admin, request);
  }

  @Get()
  @Describe({
    id: 'listApiKeys',
    summary: 'List API keys',
    detail: 'Oldest first, expired and revoked ones too.',
    response: PageOf(ApiKeyResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Caller() admin: OperatorPrincipal, @Query() query: PageQuery): Promise<Page<ApiKeyResponse>> {
    return this.apiKeys.list(admin, query);
  }

  @Delete(':id')
  @Describe({
    id: 'revokeApiKey',
    summary: 'Revoke an API key',
    detail:
      'Requests with the key are refused from now on. It stays listed, and its name is free for another.',
    status: 204,
    problems: ['NOT_FOUND'],
  })
  revoke(@Caller() admin: OperatorPrincipal, @Param('id', idParam) id: string): Promise<void> {
    return this.apiKeys.revoke(admin, id);
  }
}
