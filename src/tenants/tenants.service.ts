import { Inject, Injectable } from '@nestjs/common';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { NotFound, ValidationFailed } from '../http/problem.js';
import { Operator, operatorResponse } from '../operators/operator.js';
import { findOperator } from '../operators/operators.service.js';
import { BEGIN_RERANKING, CHANGE_RANKING } from '../queue/change-ranking.js';
import { QueueReranker, rerankBatch } from '../queue/reranker.js';
import { Jobs } from '../scheduling/jobs.js';
import type { CreateTenant, TenantSettings } from './tenant-requests.js';
import {
  changesRanking,
  insertTenant,
  LIST_TENANTS,
  READ_TENANT,
  settingColumns,
  updateSettings,
} from './tenant-statements.js';
import { tenantResponse, type NewTenant, type TenantResponse, type TenantRow } from './tenant.js';

@Injectable()
export class TenantsService {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  create({ name, admin, settings }: CreateTenant): Promise<NewTenant> {
    const tenantId = newId();
    const defaults: TenantSettings = {
      ...this.environment.priority,
      gracePeriodSeconds: this.environment.gracePeriodSeconds,
    };
    const all = { ...defaults, ...settings };
    refuseWeights(all);
    return this.database.inTenant(tenantId, async (tx) => {
      const columns: [string, unknown][] = [['name', name], ...settingColumns(all)];
      const statement = insertTenant(columns.map(([column]) => column));
      const tenant = await one(tx, statement, [tenantId, ...columns.map(([, value]) => value)]);
      const id = newId();
      const { default_max_load: maxLoad } = tenant;
      await tx.insert(Operator, {
        tenantId,
        id,
        name: admin.name,
        email: admin.email ?? null,
        role: 'ADMIN',
        maxLoad,
      });
      return {
        tenant: tenantResponse(tenant),
        admin: operatorResponse(await findOperator(tx, tenantId, id)),
      };
    });
  }

  async list({ limit, cursor }: PageQuery): Promise<Page<TenantResponse>> {
    const scope = ['tenants'];
    const [position, id] =
      cursor === undefined ? ['-infinity', LOWEST_ID] : decodeCursor(scope, cursor, ['time', 'id']);
    const values = [position, id, limit + 1];
    const rows = await this.database.query<TenantRow & { position: string }>(LIST_TENANTS, values);
    return pageOf(rows, limit, scope, (row) => [row.position, row.id], tenantResponse);
  }

  own({ tenantId }: TenantPrincipal): Promise<TenantResponse> {
    return this.database.inTenant(tenantId, async (tx) =>
      tenantResponse(await one(tx, READ_TENANT, [tenantId])),
    );
  }

  /**
   * Changed weights hold for the whole queue at once. A short queue gets its new keys in the same transaction; a long
   * one in batches after the answer, while readers find the order without them.
   */
  async changeSettings({ tenantId }: OperatorPrincipal, settings: TenantSettings): Promise<TenantResponse> {
    const rank = changesRanking(settings);
    const { tenant, unfinished } = await this.database.inTenant(tenantId, async (tx) => {
      if (rank) await rowsOf(tx, CHANGE_RANKING, [tenantId]);
      const before = await one(tx, READ_TENANT, [tenantId]);
      refuseWeights({
        alpha: before.alpha,
        beta: before.beta,
        maxDelayMinutes: before.max_delay_minutes,
        ...settings,
      });
      const columns = settingColumns(settings);
      const statement = updateSettings(columns.map(([column]) => column));
      const after = await one(tx, statement, [tenantId, ...columns.map(([, value]) => value)]);
      if (rank) {
        const isOtherBasis = after.delay_basis !== before.delay_basis;
        await rowsOf(tx, BEGIN_RERANKING, [tenantId, LOWEST_ID, isOtherBasis]);
      }
      return { tenant: tenantResponse(after), unfinished: rank && (await rerankBatch(tx, tenantId)) };
    });
    if (unfinished) await this.database.afterCommit(() => this.jobs.soon(QueueReranker));
    return tenant;
  }
}

async function one(
  tx: Transaction,
  statement: Parameters<typeof rowsOf>[1],
  values: unknown[],
): Promise<TenantRow> {
  const [row] = await rowsOf<TenantRow>(tx, statement, values);
  if (row === undefined) throw new NotFound('tenant', String(values[0]));
  return row;
}

/** A message must not be worth more waiting than a double counts in whole microseconds: the queue key is such a sum. */
const LONGEST_BONUS_MINUTES = 2 ** 52 / 60_000_000;

/** The quotient of smaller ones is more than a double can tell from 0, which PostgreSQL takes for an error. */
const SMALLEST_WEIGHT = 1e-6;

function refuseWeights({ alpha = 0, beta = 0, maxDelayMinutes }: TenantSettings): void {
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
