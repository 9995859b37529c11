import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { RESOLVED, WAITING } from '../conversations/conversation-examples.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { ErasedLead } from './erase-lead.js';
import { LeadResponse, LeadWithConversations, ListedLead } from './lead.js';
import { MergeLead, UpdateLead } from './lead-requests.js';
import { LeadsService } from './leads.service.js';
import { ListLeads, SearchLeads } from './list-query.js';

const CARLA: LeadWithConversations = {
  id: '019c8f00-0000-7000-8000-000000000401',
  tenantId: '019c8f00-0000-7000-8000-000000000001',
  externalId: 'crm-1',
  externalIds: ['crm-1'],
  name: 'Carla Customer',
  email: 'carla@customer.example',
  phone: '+4915112345678',
  createdAt: '2026-02-27T14:01:00.080Z',
  updatedAt: '2026-03-02T09:30:00.240Z',
  conversations: [
    { ...WAITING, leadId: '019c8f00-0000-7000-8000-000000000401' },
    {
      ...RESOLVED,
      id: '019c8f00-0000-7000-8000-000000000308',
      inboxId: '019c8f00-0000-7000-8000-000000000102',
      inboxName: 'Sales',
      originInboxId: '019c8f00-0000-7000-8000-000000000102',
      externalConversationId: 'sales-17',
      customerPhoneNumber: '+4915112345678',
      leadId: '019c8f00-0000-7000-8000-000000000401',
      messageCount: 1,
      lastMessageAt: '2026-02-27T14:01:00.000Z',
      waitingSince: '2026-02-27T14:01:00.000Z',
      labels: [],
      createdAt: '2026-02-27T14:01:00.080Z',
      updatedAt: '2026-02-27T15:10:00.000Z',
      resolvedAt: '2026-02-27T15:10:00.000Z',
    },
  ],
};

@ApiTags('Leads')
@Controller('leads')
export class LeadsController {
  constructor(private readonly leads: LeadsService) {}

  @Get()
  @Describe({
    id: 'listLeads',
    summary: 'List leads',
    detail:
      'The customers behind conversations, newest first. Returns the leads that match all filters. ' +
      'OPERATORs get those with a conversation in their inboxes or held by themselves.',
    response: PageOf(ListedLead),
    problems: ['INVALID_CURSOR'],
  })
  list(@Caller() caller: TenantPrincipal, @Query() query: ListLeads): Promise<Page<ListedLead>> {
    return this.leads.list(caller, query);
  }

  @Post('search')
  @ApiBody({
    type: SearchLeads,
    examples: {
      byNumber: { value: { phone: '+49 151 12345678' } },
      byAddress: { value: { email: 'carla@customer.example', include: 'conversations' } },
    },
  })
  @Describe({
    id: 'searchLeads',
    summary: 'Search leads',
    detail:
      'The same as `GET /leads`, with personal data in the body: addresses of requests are in the logs of ' +
      'gateways.',
    response: PageOf(ListedLead),
    problems: ['INVALID_CURSOR'],
    onlyReads: true,
  })
  search(@Caller() caller: TenantPrincipal, @Body() query: SearchLeads): Promise<Page<ListedLead>> {
    return this.leads.list(caller, query);
  }

  @Get(':id')
  @Describe({
    id: 'getLead',
    summary: 'Get a lead with their conversations',
    detail:
      'Conversations of all inboxes, most recent activity first, at most 100; page through all of them with ' +
      '`GET /conversations?leadId=`. OPERATORs get those of their inboxes and their own; a lead without any ' +
      'of these is 404 for them. Of a merged lead, returns the one into which it was merged.',
    response: LeadWithConversations,
    example: CARLA,
    problems: ['NOT_FOUND'],
  })
  get(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<LeadWithConversations> {
    return this.leads.get(caller, id);
  }

  @Patch(':id')
  @ApiBody({ type: UpdateLead, examples: { rename: { value: { name: 'Carla Customer' } } } })
  @Describe({
    id: 'updateLead',
    summary: 'Update a lead',
    detail:
      'Changes only the fields given. A later message with the field changes it again. The lead is then known ' +
      'by the new number and address instead of those it had.',
    response: LeadResponse,
    problems: ['NOT_FOUND', 'LEAD_MERGED'],
  })
  update(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: UpdateLead,
  ): Promise<LeadResponse> {
    return this.leads.update(caller, id, request);
  }

  @Post(':id/merge')
  @ApiBody({
    type: MergeLead,
    examples: { twice: { value: { intoLeadId: '019c8f00-0000-7000-8000-000000000401' } } },
  })
  @Describe({
    id: 'mergeLead',
    summary: 'Merge a lead into another',
    detail:
      'The conversations and external ids of the lead go to the other one, and so do name, e-mail and phone ' +
      'where that has none. Later messages with its ids find the other one. Cannot be undone. Of a lead with ' +
      'more than 1,000 conversations, the rest follow within moments.',
    response: LeadWithConversations,
    example: { ...CARLA, externalIds: ['crm-1', 'shop-17'], conversations: CARLA.conversations.slice(0, 1) },
    problems: ['NOT_FOUND', 'LEAD_MERGED'],
  })
  merge(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Body() { intoLeadId }: MergeLead,
  ): Promise<LeadWithConversations> {
    return this.leads.merge(caller, id, intoLeadId);
  }

  @Delete(':id')
  @Describe({
    id: 'eraseLead',
    summary: 'Erase a lead',
    detail:
      'The name, numbers, addresses and ids of the customer are gone from the lead and from their conversations, ' +
      'former and merged ones too, and from everything that is stored about them. Ids, states, times and counts of ' +
      'conversations stay, and the conversations have no lead any more; what is waiting or held stays so, until it ' +
      'is resolved. Each conversation gets an event `conversation.customer_changed`. Later messages begin a new ' +
      'lead and a new conversation, also in the same thread. Cannot be undone. A tenant can have this done by ' +
      'itself, with the setting `retentionDays`.',
    response: ErasedLead,
    problems: ['NOT_FOUND', 'LEAD_MERGED'],
  })
  erase(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<ErasedLead> {
    return this.leads.erase(caller, id);
  }
}
