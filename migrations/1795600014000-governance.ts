import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropFunctions } from './support/drop-functions.js';
import { keyOf, lettersOfAllScripts, numberColliding } from './support/name-key.js';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Functions whose parameters or results change. Their files create them again. */
const CHANGED_FUNCTIONS = [
  'identify_callers',
  'identify_api_key',
  'tenants_for_platform',
  'deallocate_conversation',
  'reassign_conversation',
  'move_conversation',
];

/**
 * Who may, who did, and how to leave: the audit of changes of the configuration, keys with scopes that are revoked by a
 * mark, suspended and deleted tenants, archived inboxes, ids of identity providers, and tickets for streams.
 *
 * `down` loses it. Revoked keys and archived inboxes would come back to life: the keys are deleted, and archived inboxes
 * get a number for their name and lose their phone number where another has taken it.
 */
export class Governance1795600014000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const collation = await lettersOfAllScripts(runner);
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    await runner.query(`
      alter table tenants
        -- The id of the tenant at the identity provider, by which a token names it.
        add column external_id text,
        add column is_suspended boolean not null default false,
        -- Its rows are being deleted; for every caller it is gone.
        add column deleted_at timestamptz,
        -- After how many days what was resolved is erased; null: never.
        add column retention_days integer,
        add constraint tenants_external_id check (length(external_id) between 1 and 255),
        add constraint tenants_external_id_unique unique (external_id),
        add constraint tenants_deleted_are_suspended check (deleted_at is null or is_suspended),
        add constraint tenants_retention_days check (retention_days between 1 and 36500);

      create index tenants_suspended on tenants (id) where is_suspended;
      comment on index tenants_suspended is 'background work: whose rests, and which tenants to delete';

      alter table operators
        add column external_id text,
        add constraint operators_external_id check (length(external_id) between 1 and 255),
        add constraint operators_external_id_unique unique (tenant_id, external_id);

      alter table inboxes
        add column is_active boolean not null default true,
        -- Where messages to the archived inbox go; null: nowhere.
        add column redirect_to_inbox_id uuid,
        add constraint inboxes_redirect_fk foreign key (tenant_id, redirect_to_inbox_id) references inboxes (tenant_id, id),
        add constraint inboxes_redirect_elsewhere check (redirect_to_inbox_id <> id),
        drop constraint inboxes_name_unique,
        drop constraint inboxes_phone_number_unique;
      create unique index inboxes_name_unique on inboxes (tenant_id, name_key) where is_active;
      create unique index inboxes_phone_number_unique on inboxes (tenant_id, phone_number) where is_active;
      create index inboxes_archived on inboxes (tenant_id, phone_number) where not is_active;
      comment on index inboxes_archived is 'messages: has the tenant archived inboxes, and which have the number';
      comment on index inboxes_name_unique is 'the name of an archived inbox is free for another';
      comment on index inboxes_phone_number_unique is 'the number of an archived inbox is free for another';

      alter table api_keys no force row level security;
      alter table api_keys
        add column name_key text not null generated always as (${keyOf('name', collation)}) stored,
        add column scopes text[] not null default '{read,ingest,resolve,admin:leads}',
        add column revoked_at timestamptz,
        add column revoked_by uuid,
        add constraint api_keys_revoked_by_fk foreign key (tenant_id, revoked_by) references operators (tenant_id, id),
        add constraint api_keys_scopes check (
          scopes <@ array['read', 'ingest', 'resolve', 'route', 'admin:leads'] and cardinality(scopes) > 0),
        add constraint api_keys_revoked check ((revoked_at is null) = (revoked_by is null));
      ${numberColliding({ table: 'api_keys', scope: 'tenant_id', longest: 100, touched: '' }, collation)}
      create unique index api_keys_name_unique on api_keys (tenant_id, name_key) where revoked_at is null;
      comment on index api_keys_name_unique is 'the name of a revoked key is free for another';
      alter table api_keys force row level security;

      create table audit_events (
        tenant_id uuid not null,
        id uuid not null,
        occurred_at timestamptz not null default clock_timestamp(),
        actor_type text not null,
        -- The operator, or the name of the service; null: the platform.
        actor_id text,
        action text not null,
        subject_type text not null,
        subject_id uuid not null,
        -- As it was called then.
        subject_name text,
        request_id text,
        -- The changed fields only; null: there was nothing, or there is nothing any more.
        before jsonb,
        after jsonb,
        constraint audit_events_pk primary key (tenant_id, id),
        constraint audit_events_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint audit_events_actor_type check (actor_type in ('OPERATOR', 'SERVICE', 'PLATFORM', 'SYSTEM'))
      );
      create index audit_events_by_time on audit_events (tenant_id, occurred_at, id);
      create index audit_events_of_subject on audit_events (tenant_id, subject_id, occurred_at, id);
      create index audit_events_of_actor on audit_events (tenant_id, actor_id, occurred_at, id);
      create index audit_events_of_action on audit_events (tenant_id, action, occurred_at, id);
      comment on index audit_events_by_time is 'GET /audit-events';
      comment on index audit_events_of_subject is 'GET /audit-events?subject=';
      comment on index audit_events_of_action is 'GET /audit-events?action=';
      comment on index audit_events_of_actor is 'GET /audit-events?actor=';
      ${isolateByTenant('audit_events', { application: 'select, insert' })}

      create table event_tickets (
        tenant_id uuid not null,
        secret_hash bytea not null,
        -- Whose stream it opens: an operator, or the API key or the name of a service.
        operator_id uuid,
        api_key_id uuid,
        service_name text,
        expires_at timestamptz not null,
        constraint event_tickets_pk primary key (tenant_id, secret_hash),
        constraint event_tickets_operator_fk foreign key (tenant_id, operator_id) references operators (tenant_id, id),
        constraint event_tickets_api_key_fk foreign key (tenant_id, api_key_id) references api_keys (tenant_id, id),
        constraint event_tickets_secret_hash check (octet_length(secret_hash) = 32),
        constraint event_tickets_of_one check ((operator_id is null) <> (service_name is null))
      );
      create index event_tickets_ended on event_tickets (tenant_id, expires_at);
      comment on index event_tickets_ended is 'POST /events/tickets: those that nobody used are deleted';
      ${isolateByTenant('event_tickets', { application: 'select, insert, update, delete' })}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const collation = await lettersOfAllScripts(runner);
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    for (const table of ['inboxes', 'api_keys'])
      await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      drop table audit_events, event_tickets;
      delete from api_keys where revoked_at is not null;
      drop index api_keys_name_unique;
      alter table api_keys
        drop column name_key, drop column scopes, drop column revoked_at, drop column revoked_by;
      drop index inboxes_name_unique, inboxes_phone_number_unique;
      update inboxes archived set phone_number = null
      where not is_active and exists (
        select 1 from inboxes other
        where other.tenant_id = archived.tenant_id and other.phone_number = archived.phone_number and other.id <> archived.id);
      ${numberColliding({ table: 'inboxes', scope: 'tenant_id', longest: 255, touched: '' }, collation)}
      alter table inboxes
        drop column is_active, drop column redirect_to_inbox_id,
        add constraint inboxes_name_unique unique (tenant_id, name_key),
        add constraint inboxes_phone_number_unique unique (tenant_id, phone_number);
      alter table operators drop column external_id;
      alter table tenants
        drop column external_id, drop column is_suspended, drop column deleted_at, drop column retention_days`);
    for (const table of ['inboxes', 'api_keys'])
      await runner.query(`alter table ${table} force row level security`);
  }
}
