import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import type { CheckedItem } from '../http/batch-of.js';
import { TakesList } from '../http/body-limits.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { InboxBatch, InboxBatchResult, inboxesOfBatch } from './inbox-batch.js';
import { CreateInbox, ListInboxesQuery, UpdateInbox } from './inbox-requests.js';
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

  @Post('batch')
  @TakesList()
  @ApiBody({ type: InboxBatch })
  @Describe({
    id: 'createInboxes',
    summary: 'Create many inboxes',
    detail:
      'Between 1 and 1,000 inboxes. The results have the order of the inboxes; a refused one does not affect the ' +
      'others. Each is a transaction of its own; with an `Idempotency-Key` they are one together.',
    response: InboxBatchResult,
    example: {
      results: [
        { index: 0, status: 201, inboxId: '019c8f00-0000-7000-8000-000000000104', created: true },
        {
          index: 1,
          status: 409,
          error: {
            code: 'ALREADY_EXISTS',
            detail: 'There is already an inbox with this name.',
            field: 'name',
          },
        },
      ],
    },
    see: '/inboxes',
  })
  async batch(
    @Caller() admin: OperatorPrincipal,
    @Body(inboxesOfBatch) inboxes: CheckedItem<CreateInbox>[],
  ): Promise<InboxBatchResult> {
    return { results: await this.inboxes.createEach(admin, inboxes) };
  }

  @Get()
  @Describe({
    id: 'listInboxes',
    summary: 'List inboxes',
    detail: 'Archived inboxes are listed only with `includeInactive=true`.',
    response: PageOf(InboxResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Caller() caller: TenantPrincipal, @Query() query: ListInboxesQuery): Promise<Page<InboxResponse>> {
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
      archive: { value: { isActive: false, redirectToInboxId: '019c8f00-0000-7000-8000-000000000102' } },
    },
  })
  @Describe({
    id: 'updateInbox',
    summary: 'Update an inbox',
    detail:
      'Changes only the fields given. With a push strategy as `distribution`, waiting conversations are ' +
      'distributed at once. `isActive: false` archives the inbox; `redirectToInboxId` says where its messages go from ' +
      'then on. The `defaultInboxId` of the tenant and the redirect of another inbox cannot be archived.',
    response: InboxResponse,
    problems: ['NOT_FOUND', 'INBOX_INACTIVE', 'ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
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
