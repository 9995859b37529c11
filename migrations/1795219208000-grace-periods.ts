import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

export class GracePeriods1795219208000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The time an OFFLINE operator keeps a conversation. The row dies with whatever takes it from them.
      create table grace_periods (
        tenant_id uuid not null,
        conversation_id uuid not null,
        operator_id uuid not null,
        started_at timestamptz not null default now(),
        expires_at timestamptz not null,
        constraint grace_periods_pk primary key (tenant_id, conversation_id),
        constraint grace_periods_conversation_fk foreign key (tenant_id, conversation_id) references conversations (tenant_id, id),
        constraint grace_periods_operator_fk foreign key (tenant_id, operator_id) references operators (tenant_id, id)
      );
      -- The expiry: what is due.
      create index grace_periods_due on grace_periods (tenant_id, expires_at);
      -- A return to AVAILABLE, and the status of an operator.
      create index grace_periods_of_operator on grace_periods (tenant_id, operator_id, conversation_id);
      ${isolateByTenant('grace_periods', 'select, insert, update, delete')}

      -- Every reason why an operator may not be given one more conversation now. The one predicate: allocate, claim,
      -- reassign and explain ask it.
      create function operator_obstacles(o operators) returns text[]
      language sql stable
      as $$
        select array_remove(array[
          case when not o.is_active then 'OPERATOR_INACTIVE' end,
          case when o.availability <> 'AVAILABLE' then 'OPERATOR_OFFLINE' end,
          case when o.max_load <= (
            select count(*) from conversations c
            where c.tenant_id = o.tenant_id and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
          ) then 'OPERATOR_AT_CAPACITY' end], null)
      $$;

      -- The same under a lock that lasts until the end of the transaction. Lock and count are two statements: one would
      -- still count what was there before it waited.
      create function lock_operator_obstacles(p_tenant uuid, p_operator uuid) returns text[]
      language plpgsql volatile
      as $$
      declare
        locked operators;
        obstacles text[];
      begin
        select * into locked from operators o where o.tenant_id = p_tenant and o.id = p_operator for no key update;
        if not found then return array['NOT_FOUND']; end if;
        select operator_obstacles(locked) into obstacles;
        return obstacles;
      end
      $$;

      -- How urgent a waiting conversation is at a moment: what queue_page orders by, from the settings themselves.
      create function queue_urgency(
        settings tenants, message_count integer, basis_at timestamptz, as_of timestamptz
      ) returns double precision
      language sql stable
      return queue_bonus(settings, message_count)
        + least(epoch_microseconds(as_of) - epoch_microseconds(basis_at), queue_cap(settings));

      create or replace function lock_operator_to_take(p_tenant uuid, p_operator uuid) returns text
      language sql volatile
      as $$ select (lock_operator_obstacles(p_tenant, p_operator))[1] $$;

      grant select on grace_periods, operators to inbox_platform;
      create policy grace_periods_for_platform on grace_periods for select to inbox_platform using (true);
      create policy operators_for_platform on operators for select to inbox_platform using (true);

      -- The tenants whose OFFLINE operators have conversations to give back.
      create function tenants_with_due_grace_periods() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select t.id from tenants t
        where exists (select from grace_periods g where g.tenant_id = t.id and g.expires_at <= now())
      $$;

      -- The tenants where somebody absent holds a conversation that nothing would ever take from them.
      create function tenants_with_forgotten_conversations() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select distinct o.tenant_id
        from operators o
        join conversations c on c.tenant_id = o.tenant_id and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
        where o.availability = 'OFFLINE'
          and not exists (select from grace_periods g where g.tenant_id = c.tenant_id and g.conversation_id = c.id)
      $$;

      grant create on schema public to inbox_platform;
      alter function tenants_with_due_grace_periods owner to inbox_platform;
      alter function tenants_with_forgotten_conversations owner to inbox_platform;
      revoke create on schema public from inbox_platform;
      set local role inbox_platform;
      revoke execute on function tenants_with_due_grace_periods, tenants_with_forgotten_conversations from public;
      grant execute on function tenants_with_due_grace_periods, tenants_with_forgotten_conversations to inbox_app;
      reset role;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function tenants_with_forgotten_conversations, tenants_with_due_grace_periods;
      drop policy operators_for_platform on operators;
      revoke select on operators from inbox_platform;
      create or replace function lock_operator_to_take(p_tenant uuid, p_operator uuid) returns text
      language plpgsql volatile
      as $$
      declare
        op record;
        load integer;
      begin
        select o.is_active, o.availability, o.max_load into op
        from operators o where o.tenant_id = p_tenant and o.id = p_operator
        for no key update;
        if not found then return 'NOT_FOUND'; end if;
        if not op.is_active then return 'OPERATOR_INACTIVE'; end if;
        if op.availability <> 'AVAILABLE' then return 'OPERATOR_OFFLINE'; end if;
        if op.max_load is not null then
          select count(*) into load from conversations c
          where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED';
          if load >= op.max_load then return 'OPERATOR_AT_CAPACITY'; end if;
        end if;
        return null;
      end
      $$;
      drop function queue_urgency, lock_operator_obstacles, operator_obstacles;
      drop table grace_periods;
    `);
  }
}
