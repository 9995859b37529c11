import type { MigrationInterface, QueryRunner } from 'typeorm';
import { asPlatform } from './support/platform-function.js';

/**
 * Looks across tenants take one probe of an index for each tenant or operator, whatever the planner knows. Without OFFSET 0
 * they would become joins with the whole queue, or with all that is held: quadratic where statistics are old.
 */
export class LookByIndex1795219261500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(asPlatform(TO_SATURATE('', 'offset 0') + FORGOTTEN('offset 0')));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(asPlatform(TO_SATURATE("and c.state = 'QUEUED'", '') + FORGOTTEN('')));
  }
}

const TO_SATURATE = (queued: string, probe: string) => `
      create or replace function tenants_to_saturate() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select t.id from tenants t
        where queue_cap(t) < 'Infinity' and exists (
          select from conversations c
          where c.tenant_id = t.id ${queued} and c.saturated = false
            and c.basis_at <= now() - queue_cap(t) * interval '1 microsecond' ${probe})
      $$;`;

const FORGOTTEN = (probe: string) => `
      create or replace function tenants_with_forgotten_conversations() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select distinct o.tenant_id
        from operators o
        cross join lateral (
          select c.id from conversations c
          where c.tenant_id = o.tenant_id and c.assigned_operator_id = o.id and c.state = 'ALLOCATED' ${probe}) c
        where o.availability = 'OFFLINE' and not exists (
          select from grace_periods g where g.tenant_id = o.tenant_id and g.conversation_id = c.id ${probe})
      $$;`;
