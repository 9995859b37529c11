import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

export class ConversationsLeadsLabels1795219202000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table leads (
        tenant_id uuid not null,
        id uuid not null,
        external_id text not null,
        name text,
        email text,
        phone text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint leads_pk primary key (tenant_id, id),
        constraint leads_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint leads_external_id_unique unique (tenant_id, external_id),
        constraint leads_phone_e164 check (phone ~ '^\\+[1-9][0-9]{1,14}$')
      );

      create table conversations (
        tenant_id uuid not null,
        id uuid not null,
        inbox_id uuid not null,
        external_conversation_id text not null,
        customer_phone_number text not null,
        display_name text,
        lead_id uuid,
        state text not null default 'QUEUED',
        assigned_operator_id uuid,
        message_count integer not null,
        last_message_at timestamptz not null,
        waiting_since timestamptz not null,
        -- Where it stands in the queue (docs/adr/0002): whole microseconds in a double, so that comparing is exact.
        basis_at timestamptz,
        queue_key double precision,
        saturated boolean,
        -- Counts the transitions: the ledger holds exactly one entry for each version.
        version integer not null default 1,
        -- The ledger entry of the last transition.
        last_event_id uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        resolved_at timestamptz,
        -- A message written before the last resolution does not make the customer wait since then.
        last_resolved_at timestamptz,
        constraint conversations_pk primary key (tenant_id, id),
        constraint conversations_inbox_fk foreign key (tenant_id, inbox_id) references inboxes (tenant_id, id),
        constraint conversations_operator_fk foreign key (tenant_id, assigned_operator_id) references operators (tenant_id, id),
        constraint conversations_lead_fk foreign key (tenant_id, lead_id) references leads (tenant_id, id),
        constraint conversations_external_id_unique unique (tenant_id, external_conversation_id),
        constraint conversations_phone_number_e164 check (customer_phone_number ~ '^\\+[1-9][0-9]{1,14}$'),
        constraint conversations_state check (state in ('QUEUED', 'ALLOCATED', 'RESOLVED')),
        constraint conversations_operator_exactly_when_allocated check ((assigned_operator_id is not null) = (state = 'ALLOCATED')),
        constraint conversations_resolved_at_exactly_when_resolved check ((resolved_at is not null) = (state = 'RESOLVED')),
        constraint conversations_in_line_exactly_when_queued check (
          (queue_key is not null) = (state = 'QUEUED')
          and (basis_at is not null) = (state = 'QUEUED')
          and (saturated is not null) = (state = 'QUEUED')),
        constraint conversations_message_count check (message_count > 0),
        constraint conversations_version check (version > 0)
      )
      -- Rows change state all the time: vacuum by count, not by share of a table that only grows.
      with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

      -- The queue of an inbox, best first: allocate, own queue, list by priority.
      create index conversations_queue on conversations (tenant_id, inbox_id, saturated, queue_key desc, basis_at, id)
        where state = 'QUEUED';
      -- Waiting past the cap but not marked yet (allocate, the sweep), or marked since a reader's first page.
      create index conversations_queue_basis on conversations (tenant_id, saturated, basis_at) where state = 'QUEUED';
      -- The load of an operator, and what they hold.
      create index conversations_held on conversations (tenant_id, assigned_operator_id, last_message_at, id)
        where state = 'ALLOCATED';
      -- Lists by activity: of the whole tenant, of some inboxes, of a customer, of a lead.
      create index conversations_activity on conversations (tenant_id, state, last_message_at, id);
      create index conversations_inbox_activity on conversations (tenant_id, inbox_id, state, last_message_at, id);
      create index conversations_customer on conversations (tenant_id, customer_phone_number, last_message_at, id);
      create index conversations_lead on conversations (tenant_id, lead_id, last_message_at, id) where lead_id is not null;

      create table labels (
        tenant_id uuid not null,
        id uuid not null,
        inbox_id uuid not null,
        name text not null,
        color text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint labels_pk primary key (tenant_id, id),
        constraint labels_inbox_fk foreign key (tenant_id, inbox_id) references inboxes (tenant_id, id),
        constraint labels_name_unique unique (tenant_id, inbox_id, name),
        constraint labels_name_given check (name <> ''),
        constraint labels_color check (color ~ '^#[0-9a-fA-F]{6}$')
      );

      create table conversation_labels (
        tenant_id uuid not null,
        conversation_id uuid not null,
        label_id uuid not null,
        created_at timestamptz not null default now(),
        constraint conversation_labels_pk primary key (tenant_id, conversation_id, label_id),
        constraint conversation_labels_conversation_fk foreign key (tenant_id, conversation_id) references conversations (tenant_id, id),
        constraint conversation_labels_label_fk foreign key (tenant_id, label_id) references labels (tenant_id, id) on delete cascade
      );
      create index conversation_labels_by_label on conversation_labels (tenant_id, label_id, conversation_id);

      ${isolateByTenant('leads', 'select, insert, update')}
      ${isolateByTenant('conversations', 'select, insert, update')}
      ${isolateByTenant('labels', 'select, insert, update, delete')}
      ${isolateByTenant('conversation_labels', 'select, insert, delete')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table conversation_labels, labels, conversations, leads`);
  }
}
