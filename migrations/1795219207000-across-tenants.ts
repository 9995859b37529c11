import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * All that looks across tenants. Each function runs as inbox_platform, whose policies let it read just what the
 * function needs; the application may call the functions and do nothing else outside a tenant.
 */
export class AcrossTenants1795219207000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      grant select on tenants to inbox_platform;
      create policy tenants_for_platform on tenants for select to inbox_platform using (true);
      grant select on conversations to inbox_platform;
      create policy conversations_for_platform on conversations for select to inbox_platform using (true);

      -- The platform's list of tenants, oldest first, after a given one.
      create function platform_tenants(p_after_created timestamptz, p_after_id uuid, p_limit integer) returns setof tenants
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select t.* from tenants t where (t.created_at, t.id) > (p_after_created, p_after_id)
        order by t.created_at, t.id limit p_limit
      $$;

      -- The tenants with waiting conversations that passed the cap of the delay and are not marked yet.
      create function tenants_to_saturate() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select t.id from tenants t
        where queue_cap(t) < 'Infinity' and exists (
          select from conversations c
          where c.tenant_id = t.id and c.state = 'QUEUED' and c.saturated = false
            and c.basis_at <= now() - queue_cap(t) * interval '1 microsecond')
      $$;

      -- A new owner needs the right to create in the schema, for this one moment.
      grant create on schema public to inbox_platform;
      alter function platform_tenants owner to inbox_platform;
      alter function tenants_to_saturate owner to inbox_platform;
      revoke create on schema public from inbox_platform;
      set local role inbox_platform;
      revoke execute on function platform_tenants, tenants_to_saturate from public;
      grant execute on function platform_tenants, tenants_to_saturate to inbox_app;
      reset role;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function tenants_to_saturate, platform_tenants;
      drop policy conversations_for_platform on conversations;
      drop policy tenants_for_platform on tenants;
      revoke select on conversations, tenants from inbox_platform;
    `);
  }
}
