import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { Distributor } from '../distribution/distributor.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { releaseConversations, RELEASE_BATCH } from './release-conversations.js';

/** This calls a function because it reads across tenants. */
const TENANTS_WITH_CONVERSATIONS_TO_RELEASE = sql`
  select tenants_with_conversations_to_release() as tenant_id`;

/** A deactivated operator who still holds a conversation, locked, so that nobody reactivates them meanwhile. */
const NEXT_TO_RELEASE = sql`
  select o.id from operators o
  where o.tenant_id = $1 and not o.is_active and exists (
    select 1 from conversations c
    where c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED' offset 0)
  order by o.id
  limit 1
  for no key update of o`;

/** Queues the conversations again that a deactivated operator still holds after the first batch. */
@ScheduledJob()
@Injectable()
export class OperatorRelease implements TenantJob {
  readonly name = 'operator-release';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_CONVERSATIONS_TO_RELEASE;
  readonly most = RELEASE_BATCH;

  constructor(
    private readonly distributor: Distributor,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.unfinishedChangesIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    await rowsOf(tx, SHARE_RANKING, [tenantId]);
    const [operator] = await rowsOf<{ id: string }>(tx, NEXT_TO_RELEASE, [tenantId]);
    if (operator === undefined) return 0;
    const inboxIds = await releaseConversations(tx, tenantId, operator.id, size);
    await this.distributor.afterFreeing(tenantId, { inboxIds });
    // There may be another operator.
    return size;
  }
}
