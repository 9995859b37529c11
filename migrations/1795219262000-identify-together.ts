import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Callers who come at the same time are looked up in one round trip. */
export class IdentifyTogether1795219262000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function identify_caller;

      -- Who the callers are: no row for the nth when its tenant is unknown, no role when its operator is. It sets the
      -- tenant for each by itself, so row-level security holds for each.
      create function identify_callers(p_tenants uuid[], p_operators uuid[])
      returns table (nth integer, role text, is_active boolean)
      language plpgsql volatile
      as $$
      begin
        for n in 1 .. cardinality(p_tenants) loop
          perform set_config('app.tenant_id', p_tenants[n]::text, true);
          return query
          select n, o.role, o.is_active
          from tenants t left join operators o on o.tenant_id = t.id and o.id = p_operators[n]
          where t.id = p_tenants[n];
        end loop;
      end
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function identify_callers;
      create function identify_caller(p_tenant uuid, p_operator uuid) returns table (role text, is_active boolean)
      language plpgsql volatile
      as $$
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        return query
        select o.role, o.is_active
        from tenants t left join operators o on o.tenant_id = t.id and o.id = p_operator
        where t.id = p_tenant;
      end
      $$;
    `);
  }
}
