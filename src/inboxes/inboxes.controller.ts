import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { CreateInbox, UpdateInbox } from './inbox-requests.js';
import { InboxResponse } from './inbox.js';
import { InboxesService } from './inboxes.service.js';

@ApiTags('Inboxes')
@Controller('inboxes')
export class InboxesController {
  constructor(private readonly inboxes: InboxesService) {}

  @Post()
  @Describe({
    id: 'createInbox',
    summary: 'Create an inbox',
    status: 201,
    response: InboxResponse,
    problems: ['ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
    unique: 'name or phoneNumber',
  })
  create(@Caller() admin: OperatorPrincipal, @Body() request: CreateInbox): Promise<InboxResponse> {
    return this.inboxes.create(admin, request);
  }

  @Get()
  @Describe({
    id: 'listInboxes',
    summary: 'List inboxes',
    response: PageOf(InboxResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Caller() caller: TenantPrincipal, @Query() query: PageQuery): Promise<Page<InboxResponse>> {
    return this.inboxes.list(caller, query);
  }

  @Get(':id')
  @Describe({ id: 'getInbox', summary: 'Get an inbox', response: InboxResponse, problems: ['NOT_FOUND'] })
  get(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<InboxResponse> {
    return this.inboxes.get(caller, id);
  }

  @Patch(':id')
  @ApiBody({
    type: UpdateInbox,
    examples: {
      setDescription: { value: { description: 'Orders and returns' } },
      push: { value: { distribution: 'ROUND_ROBIN' } },
    },
  })
  @Describe({
    id: 'updateInbox',
    summary: 'Update an inbox',
    detail:
      'Changes only the fields given. With a push strategy as `distribution`, waiting conversations are ' +
      'distributed at once.',
    response: InboxResponse,
    problems: ['NOT_FOUND', 'ALREADY_EXISTS'],
    unique: 'name or phoneNumber',
  })
  update(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: UpdateInbox,
  ): Promise<InboxResponse> {
    return this.inboxes.update(admin, id, request);
  }
}
