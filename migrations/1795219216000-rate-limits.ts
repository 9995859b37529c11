import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** How much of their limit principals have used, shared by all instances. */
export class RateLimits1795219216000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Unlogged: a crash of the server forgets at most one minute, and writing it down would cost more than that is worth.
      create unlogged table rate_limits (
        tenant_id uuid not null,
        principal text not null,
        window_ends_at timestamptz not null,
        used integer not null,
        constraint rate_limits_pk primary key (tenant_id, principal),
        constraint rate_limits_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint rate_limits_used check (used >= 0)
      ) with (fillfactor = 50);
      ${isolateByTenant('rate_limits', 'select, insert, update')}

      -- Takes up to so many requests out of the limit of a principal for one minute, which begins with the first. Gives
      -- how many it got, how many are left to others, and how long the minute still lasts. By the clock of the moment:
      -- the transaction may have waited for the row.
      create function take_requests(p_tenant uuid, p_principal text, p_limit integer, p_wanted integer)
      returns table (granted integer, remaining integer, milliseconds_left double precision)
      language plpgsql volatile
      as $$
      declare
        held rate_limits;
        moment timestamptz;
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        insert into rate_limits (tenant_id, principal, window_ends_at, used)
        values (p_tenant, p_principal, '-infinity', 0) on conflict do nothing;
        select * into strict held from rate_limits r
        where r.tenant_id = p_tenant and r.principal = p_principal
        for no key update;
        moment := clock_timestamp();
        if held.window_ends_at <= moment then
          held.window_ends_at := moment + interval '1 minute';
          held.used := 0;
        end if;
        granted := greatest(least(p_wanted, p_limit - held.used), 0);
        remaining := greatest(p_limit - held.used - granted, 0);
        milliseconds_left := extract(epoch from held.window_ends_at - moment) * 1000;
        if granted > 0 then
          update rate_limits r set window_ends_at = held.window_ends_at, used = held.used + granted
          where r.tenant_id = p_tenant and r.principal = p_principal;
        end if;
        return next;
      end
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function take_requests;
      drop table rate_limits;
    `);
  }
}
