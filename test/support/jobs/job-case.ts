import type { Type } from '@nestjs/common';
import type { TenantJob } from '../../../src/scheduling/job.js';
import type { World } from '../world.js';

/** Gives a job work for a tenant and checks whether the job has done it. */
export interface JobCase {
  readonly name: string;
  /** Which work, for a job of several kinds. */
  readonly kind?: string;
  readonly declaration: Type<TenantJob>;
  /** The job writes this table, and `column` names the tenant there. */
  readonly table: string;
  readonly event: 'insert' | 'update' | 'delete';
  readonly column: 'tenant_id' | 'id';
  /** Creates work for the tenant. */
  due(world: World): Promise<void>;
  /** A query that returns a row while work is left. $1 is the tenant */
  readonly left: string;
}

/** The rows of a statement about the tenant, which is $1. */
export const sql = (world: World, text: string) => world.app.database.rows(text, [world.tenantId]);
