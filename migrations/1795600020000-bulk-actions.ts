import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Actions on many conversations: what was planned, with the version that the plan saw, and what became of each. */
export class BulkActions1795600020000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table bulk_plans (
        tenant_id uuid not null,
        id uuid not null,
        action jsonb not null,
        reason text,
        status text not null default 'PLANNED',
        created_at timestamptz not null default now(),
        -- Until when it can be run.
        expires_at timestamptz not null,
        run_by_type text,
        run_by_id text,
        -- The role of the operator, or SERVICE.
        run_by_right text,
        started_at timestamptz,
        ended_at timestamptz,
        constraint bulk_plans_pk primary key (tenant_id, id),
        constraint bulk_plans_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint bulk_plans_status check (status in ('PLANNED', 'RUNNING', 'DONE', 'CANCELLED')),
        constraint bulk_plans_times check (
          (status <> 'RUNNING' or started_at is not null) and (status in ('PLANNED', 'RUNNING')) = (ended_at is null)),
        constraint bulk_plans_run_by check (
          (started_at is null) = (run_by_type is null) and (started_at is null) = (run_by_id is null)
          and (started_at is null) = (run_by_right is null))
      );
      create unique index bulk_plans_one_running on bulk_plans (tenant_id) where status = 'RUNNING';
      comment on index bulk_plans_one_running is 'at most one bulk of a tenant runs';
      ${isolateByTenant('bulk_plans', { application: 'select, insert, update, delete', platformReads: true })}

      create table bulk_items (
        tenant_id uuid not null,
        plan_id uuid not null,
        position integer not null,
        -- There may be no such conversation.
        conversation_id uuid not null,
        version integer,
        -- What the action would make of it; null when it is refused.
        to_state text,
        to_operator_id uuid,
        to_inbox_id uuid,
        changes boolean,
        -- null: not done yet.
        outcome text,
        refusal text,
        constraint bulk_items_pk primary key (tenant_id, plan_id, position),
        constraint bulk_items_plan_fk foreign key (tenant_id, plan_id) references bulk_plans (tenant_id, id)
          on delete cascade,
        constraint bulk_items_once unique (tenant_id, plan_id, conversation_id),
        constraint bulk_items_outcome check (outcome in ('DONE', 'REFUSED')),
        constraint bulk_items_refusal check ((refusal is null) = (outcome is distinct from 'REFUSED'))
      );
      ${isolateByTenant('bulk_items', { application: 'select, insert, update, delete' })}

      -- When a tenant is deleted.
      grant select, delete on bulk_items, bulk_plans to inbox_platform;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table bulk_items, bulk_plans');
  }
}
