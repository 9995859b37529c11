import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { recordChange } from '../audit/record-change.js';
import { Database } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { LOCK_ROW } from '../database/lock-row.js';
import { rowsOf } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { NotFound, ValidationFailed } from '../http/problem.js';
import { counting, MAX_TOTAL, totalOf, withTotal, type Looked } from '../http/total.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { Presence } from '../presence/presence.js';
import { BEGIN_RERANKING, CHANGE_RANKING } from '../queue/change-ranking.js';
import { QueueReranker, rerankBatch } from '../queue/reranker.js';
import { Jobs } from '../scheduling/jobs.js';
import { Admins } from './admins.js';
import { checkExternalId } from './check-external-id.js';
import type { CreateTenant, TenantSettings } from './tenant-requests.js';
import { ALL_TENANTS, changesRanking, LIST_TENANTS } from './tenant-statements.js';
import { Tenant, tenantResponse, type NewTenant, type TenantResponse } from './tenant.js';

@Injectable()
export class TenantsService {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly admins: Admins,
    private readonly presence: Presence,
    private readonly inboxes: InboxReader,
    @InjectRepository(Tenant) private readonly tenants: Repository<Tenant>,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  create({ name, externalId = null, admin, settings }: CreateTenant): Promise<NewTenant> {
    const tenantId = newId();
    const defaults: TenantSettings = {
      ...this.environment.priority,
      gracePeriodSeconds: this.environment.gracePeriodSeconds,
    };
    const all = { ...defaults, ...settings };
    checkWeights(all);
    return this.database.inTenant(tenantId, async (tx) => {
      const tenant = this.tenants.create({
        defaultMaxLoad: null,
        defaultInboxId: null,
        presenceTimeoutSeconds: null,
        retentionDays: null,
        ...all,
        id: tenantId,
        name,
        externalId,
      });
      await this.checkInbox(tenantId, settings);
      await checkExternalId(tx, tenantId, externalId);
      await this.tenants.insert(tenant);
      await recordChange(tx, tenantId, 'tenant.created', null, tenant);
      return { tenant: tenantResponse(tenant), admin: await this.admins.add(tx, tenant, admin) };
    });
  }

  async list({ limit, cursor, count }: PageQuery): Promise<Page<TenantResponse>> {
    const scope = ['tenants'];
    const [position, id] =
      cursor === undefined ? ['-infinity', LOWEST_ID] : decodeCursor(scope, cursor, ['time', 'id']);
    const values = [position, id, limit + 1];
    const rows = await this.database.query<Tenant & { position: string }>(null, LIST_TENANTS, values);
    const page = pageOf(rows, limit, scope, (row) => [row.position, row.id], tenantResponse);
    return withTotal(page, { count }, async () => {
      const all = ['-infinity', LOWEST_ID, MAX_TOTAL + 1];
      const [looked] = await this.database.query<Looked>(null, counting(ALL_TENANTS), all);
      return totalOf(looked);
    });
  }

  own({ tenantId }: TenantPrincipal): Promise<TenantResponse> {
    return this.database.inTenant(tenantId, async () => tenantResponse(await this.getTenant(tenantId)));
  }

  /**
   * Changed weights apply to the whole queue at once. The keys of a short queue are rewritten in the same transaction.
   * Those of a long queue are rewritten in batches after the response; until then readers compute the order without
   * them.
   */
  async changeSettings({ tenantId }: OperatorPrincipal, settings: TenantSettings): Promise<TenantResponse> {
    const rank = changesRanking(settings);
    const { tenant, unfinished } = await this.database.inTenant(tenantId, async (tx) => {
      if (rank) await rowsOf(tx, CHANGE_RANKING, [tenantId]);
      // In front of the tenant, as a change of the boost of an inbox locks them.
      await this.checkInbox(tenantId, settings);
      const before = await this.getTenant(tenantId, LOCK_ROW);
      checkWeights({
        alpha: before.alpha,
        beta: before.beta,
        maxDelayMinutes: before.maxDelayMinutes,
        ...settings,
      });
      const after = this.tenants.create({ ...before, ...settings });
      // Updating through the entity also returns the new updatedAt, so no second read is needed.
      await this.tenants.createQueryBuilder().update().set(settings).whereEntity(after).execute();
      await recordChange(tx, tenantId, 'tenant.updated', before, after);
      if (after.presenceTimeoutSeconds !== before.presenceTimeoutSeconds)
        await this.presence.restart(tx, tenantId, after.presenceTimeoutSeconds !== null);
      if (rank) {
        const isOtherBasis = after.delayBasis !== before.delayBasis;
        await rowsOf(tx, BEGIN_RERANKING, [tenantId, LOWEST_ID, isOtherBasis]);
      }
      return { tenant: tenantResponse(after), unfinished: rank && (await rerankBatch(tx, tenantId)) };
    });
    if (unfinished) await this.database.afterCommit(() => this.jobs.soon(QueueReranker));
    return tenant;
  }

  /** @throws NOT_FOUND or INBOX_INACTIVE; a tenant that is being created has no inbox yet */
  private async checkInbox(tenantId: string, { defaultInboxId }: TenantSettings = {}): Promise<void> {
    if (defaultInboxId !== undefined && defaultInboxId !== null)
      await this.inboxes.getActive(tenantId, defaultInboxId);
  }

  private async getTenant(id: string, lock: typeof LOCK_ROW | object = {}): Promise<Tenant> {
    const tenant = await this.tenants.findOne({ where: { id }, ...lock });
    if (tenant === null) throw new NotFound('tenant', id);
    return tenant;
  }
}

/**
 * The queue key is a sum in whole microseconds, which a double holds exactly up to 2^53. So the weight of one message
 * has a limit. The other half is for the delay and for two boosts of a year.
 */
const LONGEST_BONUS_MINUTES = 2 ** 52 / 60_000_000;

/** The quotient of smaller weights underflows a double, which is an error in PostgreSQL. */
const SMALLEST_WEIGHT = 1e-6;

function checkWeights({ alpha = 0, beta = 0, maxDelayMinutes }: TenantSettings): void {
  if (alpha === 0 && beta === 0) {
    throw new ValidationFailed([{ field: 'alpha', message: 'alpha and beta must not both be 0' }]);
  }
  for (const [field, weight] of Object.entries({ alpha, beta })) {
    if (weight > 0 && weight < SMALLEST_WEIGHT)
      throw new ValidationFailed([{ field, message: `${field} must be 0 or at least 0.000001` }]);
  }
  if (beta > 0 && (alpha / beta) * (maxDelayMinutes ?? 1440) > LONGEST_BONUS_MINUTES) {
    const most = Math.floor(LONGEST_BONUS_MINUTES / (maxDelayMinutes ?? 1440));
    const message = `alpha must be at most ${most} times beta with this maxDelayMinutes, or beta must be 0`;
    throw new ValidationFailed([{ field: 'alpha', message }]);
  }
}
