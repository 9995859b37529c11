import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { recordChange } from '../audit/record-change.js';
import { Database } from '../database/database.js';
import { LOCK_ROW } from '../database/lock-row.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound, Problem } from '../http/problem.js';
import type { OperatorResponse } from '../operators/operator.js';
import { Jobs } from '../scheduling/jobs.js';
import { Admins } from './admins.js';
import { checkExternalId } from './check-external-id.js';
import { TenantDeletion } from './tenant-deletion.js';
import type { CreateAdmin, UpdateTenant } from './tenant-requests.js';
import { Tenant, tenantResponse, type TenantResponse } from './tenant.js';

/** Its external id is free for another at once. $1 tenant */
const MARK_DELETED = sql`
  update tenants set deleted_at = now(), external_id = null, updated_at = now() where id = $1`;

/** What the platform does with a tenant after it was created. */
@Injectable()
export class TenantLifeService {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly admins: Admins,
    @InjectRepository(Tenant) private readonly tenants: Repository<Tenant>,
  ) {}

  get(id: string): Promise<TenantResponse> {
    return this.database.inTenant(id, async () => tenantResponse(await this.getTenant(id)));
  }

  update(id: string, request: UpdateTenant): Promise<TenantResponse> {
    return this.database.inTenant(id, async (tx) => {
      const before = await this.getTenant(id, LOCK_ROW);
      await checkExternalId(tx, id, request.externalId);
      const after = this.tenants.create({ ...before, ...request });
      // Updating through the entity also returns the new updatedAt, so no second read is needed.
      await this.tenants.createQueryBuilder().update().set(request).whereEntity(after).execute();
      await recordChange(tx, id, 'tenant.updated', before, after);
      return tenantResponse(after);
    });
  }

  appoint(id: string, admin: CreateAdmin): Promise<OperatorResponse> {
    return this.database.inTenant(id, async (tx) => this.admins.add(tx, await this.getTenant(id), admin));
  }

  /** It is gone for everybody at once. A job deletes its rows. */
  async delete(id: string): Promise<void> {
    await this.database.inTenant(id, async (tx) => {
      const tenant = await this.getTenant(id, LOCK_ROW);
      if (!tenant.isSuspended)
        throw new Problem(
          'TENANT_NOT_SUSPENDED',
          'Suspend the tenant first: only a suspended one can be deleted.',
        );
      await rowsOf(tx, MARK_DELETED, [id]);
      await recordChange(
        tx,
        id,
        'tenant.deleted',
        { ...tenant, isDeleted: false },
        { ...tenant, isDeleted: true },
      );
    });
    await this.database.afterCommit(() => this.jobs.soon(TenantDeletion));
  }

  private async getTenant(id: string, lock: typeof LOCK_ROW | object = {}): Promise<Tenant> {
    const tenant = await this.tenants.findOne({ where: { id }, ...lock });
    if (tenant === null) throw new NotFound('tenant', id);
    return tenant;
  }
}
