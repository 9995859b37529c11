import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { PageOf } from '../http/page-query.js';
import { Describe } from '../openapi/describe.js';
import { AuditEventResponse } from './audit-event.js';
import { AuditService } from './audit.service.js';
import { ListAuditEvents } from './list-audit-events.js';

@ApiTags('Audit')
@Controller('audit-events')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Describe({
    id: 'listAuditEvents',
    summary: 'List changes of the configuration',
    detail:
      'Newest first: who changed which operator, subscription, inbox, label, setting, API key or webhook, and what it was ' +
      'before. Each entry was written with the change itself, and nobody can change or delete it.',
    response: PageOf(AuditEventResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(
    @Caller() { tenantId }: OperatorPrincipal,
    @Query() query: ListAuditEvents,
  ): Promise<Page<AuditEventResponse>> {
    return this.audit.list(tenantId, query);
  }
}
