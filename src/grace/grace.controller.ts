import { Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { ExpiredResponse, GracePeriodResponse } from './grace-responses.js';
import { GraceService } from './grace.service.js';

const LIST_GRACE_PERIODS = sql`
  select conversation_id, operator_id, started_at, expires_at, expires_at::text as position
  from grace_periods
  where tenant_id = $1 and (expires_at, conversation_id) > ($2::timestamptz, $3::uuid)
  order by expires_at, conversation_id
  limit $4`;

interface GracePeriodRow {
  conversation_id: string;
  operator_id: string;
  started_at: Date;
  expires_at: Date;
  position: string;
}

@ApiTags('Grace periods')
@Controller('grace-periods')
export class GraceController {
  constructor(
    private readonly database: Database,
    private readonly grace: GraceService,
  ) {}

  @Get()
  @Describe({
    id: 'listGracePeriods',
    summary: 'List grace periods',
    detail:
      'The next to end first. When one ends, its conversation is queued again, unless the holder is ' +
      'AVAILABLE before.',
    response: PageOf(GracePeriodResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(
    @Caller() { tenantId }: OperatorPrincipal,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<Page<GracePeriodResponse>> {
    const scope = ['grace-periods', tenantId];
    const after =
      cursor === undefined ? ['-infinity', LOWEST_ID] : decodeCursor(scope, cursor, ['time', 'id']);
    return this.database.inTenant(tenantId, async (tx) => {
      const rows = await rowsOf<GracePeriodRow>(tx, LIST_GRACE_PERIODS, [tenantId, ...after, limit + 1]);
      return pageOf(rows, limit, scope, (row) => [row.position, row.conversation_id], answer);
    });
  }

  @Post('expire')
  @Describe({
    id: 'expireGracePeriods',
    summary: 'Expire grace periods',
    detail:
      'Queues the conversations whose grace period has ended. The service does this itself every few ' +
      'seconds.',
    response: ExpiredResponse,
  })
  async expire(@Caller() { tenantId }: OperatorPrincipal): Promise<ExpiredResponse> {
    return { expired: await this.grace.expireNow(tenantId) };
  }
}

function answer(row: GracePeriodRow): GracePeriodResponse {
  return {
    conversationId: row.conversation_id,
    operatorId: row.operator_id,
    startedAt: row.started_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
