import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Who there is: tenants, their inboxes, their operators, and who works where. */
export class TenantsInboxesOperators1795600001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      grant usage on schema public to inbox_app, inbox_platform;

      ${PRIORITY_SETTINGS}

      create table tenants (
        id uuid not null,
        name text not null,
        alpha double precision not null,
        beta double precision not null,
        normalization text not null default 'FIXED',
        max_message_count integer not null default 100,
        max_delay_minutes integer default 1440,
        candidate_window integer not null default 100,
        delay_basis text not null default 'LAST_MESSAGE',
        grace_period_seconds integer not null,
        auto_subscribe boolean not null default false,
        default_max_load integer,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        -- While a change of the weights rewrites the queue keys: the last conversation that has its new one.
        reranked_up_to uuid,
        -- Whether that change also changes what the delay is counted from.
        delay_basis_changes boolean not null default false,
        constraint tenants_pk primary key (id),
        constraint tenants_name_given check (name <> ''),
        -- NaN and Infinity pass "alpha >= 0" in PostgreSQL, so the upper bound is part of the invariant.
        constraint tenants_weights check (alpha >= 0 and beta >= 0 and alpha + beta > 0 and alpha <= 1000000 and beta <= 1000000),
        constraint tenants_normalization check (normalization in ('FIXED', 'CANDIDATE_WINDOW')),
        constraint tenants_max_message_count check (max_message_count > 0),
        constraint tenants_max_delay_minutes check (max_delay_minutes > 0),
        constraint tenants_candidate_window check (candidate_window > 0),
        constraint tenants_delay_basis check (delay_basis in ('LAST_MESSAGE', 'WAITING_SINCE')),
        constraint tenants_grace_period check (grace_period_seconds >= 0),
        constraint tenants_default_max_load check (default_max_load > 0)
      );

      create table inboxes (
        tenant_id uuid not null,
        id uuid not null,
        name text not null,
        phone_number text,
        description text,
        distribution text not null default 'PULL',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint inboxes_pk primary key (tenant_id, id),
        constraint inboxes_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint inboxes_phone_number_unique unique (tenant_id, phone_number),
        constraint inboxes_phone_number_e164 check (phone_number ~ '^\\+[1-9][0-9]{1,14}$'),
        constraint inboxes_name_given check (name <> ''),
        constraint inboxes_distribution check (distribution in ('PULL', 'WEIGHTED_RANDOM', 'LEAST_LOADED', 'ROUND_ROBIN'))
      );

      create table operators (
        tenant_id uuid not null,
        id uuid not null,
        name text not null,
        email text,
        role text not null,
        max_load integer,
        is_active boolean not null default true,
        availability text not null default 'OFFLINE',
        last_status_change_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint operators_pk primary key (tenant_id, id),
        constraint operators_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint operators_name_given check (name <> ''),
        constraint operators_role check (role in ('OPERATOR', 'MANAGER', 'ADMIN')),
        constraint operators_max_load check (max_load > 0),
        constraint operators_availability check (availability in ('AVAILABLE', 'OFFLINE')),
        -- Nobody who left can be handed anything.
        constraint operators_inactive_is_offline check (is_active or availability = 'OFFLINE')
      );
      -- One address, one person, however it is written.
      create unique index operators_email_unique on operators (tenant_id, lower(email));
      comment on index operators_email_unique is 'one operator for an e-mail address, whatever its letters';

      create table subscriptions (
        tenant_id uuid not null,
        inbox_id uuid not null,
        operator_id uuid not null,
        weight integer not null default 1,
        created_at timestamptz not null default now(),
        -- When distribution last gave them a conversation of the inbox.
        last_distributed_at timestamptz,
        constraint subscriptions_pk primary key (tenant_id, inbox_id, operator_id),
        constraint subscriptions_inbox_fk foreign key (tenant_id, inbox_id) references inboxes (tenant_id, id),
        constraint subscriptions_operator_fk foreign key (tenant_id, operator_id) references operators (tenant_id, id),
        constraint subscriptions_weight check (weight >= 0)
      );
      create index subscriptions_by_operator on subscriptions (tenant_id, operator_id, inbox_id);
      comment on index subscriptions_by_operator is 'the inboxes of an operator';

      ${isolateByTenant('tenants', { application: 'select, insert, update', platformReads: true }, 'id')}
      ${isolateByTenant('inboxes', { application: 'select, insert, update', platformReads: true })}
      ${isolateByTenant('operators', { application: 'select, insert, update', platformReads: true })}
      ${isolateByTenant('subscriptions', { application: 'select, insert, update, delete' })}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table subscriptions, operators, inboxes, tenants`);
    await runner.query(`
      drop type priority_settings;
      revoke usage on schema public from inbox_app, inbox_platform`);
  }
}

/** Also what a database of before is adopted with. */
export const PRIORITY_SETTINGS = `
  -- What the functions of the queue take: the settings that decide its order. Not the row type of the table, which
  -- could then not be changed, nor be distributed over several servers.
  create type priority_settings as (
    tenant_id uuid,
    alpha double precision,
    beta double precision,
    normalization text,
    max_message_count integer,
    max_delay_minutes integer,
    candidate_window integer,
    delay_basis text,
    -- A change of the weights is rewriting the queue keys.
    is_reranking boolean,
    -- And of what the delay is counted from.
    delay_basis_changes boolean
  );`;
