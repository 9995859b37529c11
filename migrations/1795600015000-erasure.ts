import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Functions whose parameters or results change. Their files create them again. */
const DROP_CHANGED = 'drop function if exists store_response, tenants_for_platform';

/**
 * Customers can be erased: by request, and by themselves after the days that a tenant keeps them. Their rows stay, with
 * ids, states and counts, and without the person.
 *
 * `down` leaves erased leads as leads without a name.
 */
export class Erasure1795600015000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${DROP_CHANGED};

      alter table leads
        add column erased_at timestamptz,
        add constraint leads_erased_are_nobody check (
          erased_at is null or coalesce(external_id, name, email, phone, phone_key) is null);
      drop index leads_kept;
      create unique index leads_kept on leads (tenant_id, id) where merged_into_id is null and erased_at is null;
      comment on index leads_kept is 'GET /leads';

      create index leads_merged_into on leads (tenant_id, merged_into_id) where merged_into_id is not null;
      comment on index leads_merged_into is 'erasing a lead and those that were merged into it';

      create index former_phone_keys_of_conversation on former_phone_keys (tenant_id, conversation_id);
      comment on index former_phone_keys_of_conversation is 'erasing a conversation';

      -- Whose data the response has. It is sealed, so nothing else tells.
      alter table idempotency_keys
        add column conversation_id uuid,
        add column lead_id uuid;
      create index idempotency_keys_of_conversation on idempotency_keys (tenant_id, conversation_id)
        where conversation_id is not null;
      create index idempotency_keys_of_lead on idempotency_keys (tenant_id, lead_id) where lead_id is not null;
      comment on index idempotency_keys_of_conversation is 'erasing a conversation';
      comment on index idempotency_keys_of_lead is 'erasing a lead';

      -- How far in the ledger a tenant's retention has looked for resolved conversations.
      create table retention_progress (
        tenant_id uuid not null,
        occurred_at timestamptz not null,
        event_id uuid not null,
        constraint retention_progress_pk primary key (tenant_id),
        constraint retention_progress_tenant_fk foreign key (tenant_id) references tenants (id)
      );
      ${isolateByTenant('retention_progress', { application: 'select, insert, update', platformReads: true })}

      -- Leads from whom a conversation went to another lead. Retention looks whether they have any left.
      create table left_leads (
        tenant_id uuid not null,
        lead_id uuid not null,
        left_at timestamptz not null default now(),
        constraint left_leads_pk primary key (tenant_id, lead_id)
      );
      create index left_leads_by_time on left_leads (tenant_id, left_at, lead_id);
      comment on index left_leads_by_time is 'retention: leads without conversations';
      ${isolateByTenant('left_leads', { application: 'select, insert, update, delete', platformReads: true })}

      -- When a tenant is deleted.
      grant delete on retention_progress, left_leads to inbox_platform;
      grant delete on search_texts to inbox_app;
      -- The application may not change the ledger. Only the function erase_ledger_texts does.
      grant update on conversation_events to inbox_platform;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${DROP_CHANGED};
      revoke delete on search_texts from inbox_app;
      revoke update on conversation_events from inbox_platform;
      drop table left_leads, retention_progress;
      alter table idempotency_keys drop column conversation_id, drop column lead_id;
      drop index former_phone_keys_of_conversation, leads_kept, leads_merged_into;
      alter table leads drop column erased_at;
      create unique index leads_kept on leads (tenant_id, id) where merged_into_id is null;
      comment on index leads_kept is 'GET /leads';`);
  }
}
