import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { RESOLVED, WAITING } from '../conversations/conversation-examples.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { LeadResponse, LeadWithConversations } from './lead.js';
import { LeadsService } from './leads.service.js';
import { ListLeads } from './list-query.js';

const CARLA: LeadWithConversations = {
  id: '019c8f00-0000-7000-8000-000000000401',
  tenantId: '019c8f00-0000-7000-8000-000000000001',
  externalId: 'crm-1',
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
    response: PageOf(LeadResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Caller() caller: TenantPrincipal, @Query() query: ListLeads): Promise<Page<LeadResponse>> {
    return this.leads.list(caller, query);
  }

  @Get(':id')
  @Describe({
    id: 'getLead',
    summary: 'Get a lead with their conversations',
    detail:
      'Conversations of all inboxes, most recent activity first, at most 100; page through all of them with ' +
      '`GET /conversations?leadId=`. OPERATORs get those of their inboxes and their own; a lead without any ' +
      'of these is 404 for them.',
    response: LeadWithConversations,
    example: CARLA,
    problems: ['NOT_FOUND'],
  })
  get(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<LeadWithConversations> {
    return this.leads.get(caller, id);
  }
}
