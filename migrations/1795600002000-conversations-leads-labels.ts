import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** What customers began: leads and conversations, and what belongs to a conversation. */
export class ConversationsLeadsLabels1795600002000 implements MigrationInterface {
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
        email_lower text generated always as (lower(email)) stored,
        -- When the message was written that each of them is from: an older one changes nothing.
        name_at timestamptz,
        email_at timestamptz,
        phone_at timestamptz,
        constraint leads_pk primary key (tenant_id, id),
        constraint leads_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint leads_external_id_unique unique (tenant_id, external_id),
        constraint leads_phone_e164 check (phone ~ '^\\+[1-9][0-9]{1,14}$')
      );
      create index leads_email on leads (tenant_id, email_lower, id) where email_lower is not null;
      create index leads_phone on leads (tenant_id, phone, id) where phone is not null;
      comment on index leads_email is 'leads by e-mail address';
      comment on index leads_phone is 'leads by number';

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

      -- The planner counts on rows being few until it knows better, and then any index that begins with the tenant looks
      -- as good as the right one. So an index for lists carries a condition that is always true, and that only the
      -- statements which are meant to use it state; to all others it does not exist (docs/indexes-and-tables.md).
      ${ONE_PER_THREAD}
      create index conversations_queue on conversations (tenant_id, inbox_id, saturated, queue_key desc, basis_at, id)
        where state = 'QUEUED';
      create index conversations_queue_basis on conversations (tenant_id, saturated, basis_at) where basis_at is not null;
      create index conversations_queue_counts on conversations (tenant_id, inbox_id, message_count desc, basis_at, id)
        where basis_at is not null and message_count > 0;
      create index conversations_waiting on conversations (tenant_id, inbox_id, waiting_since)
        where state = 'QUEUED' and waiting_since > '-infinity';
      create index conversations_held on conversations (tenant_id, assigned_operator_id, last_message_at, id)
        where state = 'ALLOCATED';
      create index conversations_activity on conversations (tenant_id, state, last_message_at, id)
        where last_message_at > '-infinity';
      create index conversations_inbox_activity on conversations (tenant_id, inbox_id, state, last_message_at, id)
        where last_message_at > '-infinity';
      create index conversations_customer on conversations (tenant_id, customer_phone_number, last_message_at, id)
        where customer_phone_number <> '';
      create index conversations_inbox_leads on conversations (tenant_id, inbox_id, lead_id, last_message_at, id)
        where lead_id is not null;
      comment on index conversations_activity is 'GET /conversations of a whole tenant, by activity. Statements say last_message_at > -infinity';
      comment on index conversations_customer is 'search by number, leads by number. Statements say customer_phone_number <> empty';
      comment on index conversations_held is 'load of an operator, what they hold, what is released when they go';
      comment on index conversations_inbox_activity is 'GET /conversations of inboxes, CANDIDATE_WINDOW, a label for a whole inbox. Statements say last_message_at > -infinity';
      comment on index conversations_inbox_leads is 'leads in sight of an OPERATOR, conversations of a lead';
      comment on index conversations_queue is 'allocate, own queue, sort=priority: the waiting of an inbox, best first';
      comment on index conversations_queue_basis is 'allocate, saturation sweep: waiting past the cap and not marked so yet. Statements leave out the state';
      comment on index conversations_queue_counts is 'allocate while a change of the weights rewrites the keys: the longest waiting of each count';
      comment on index conversations_waiting is 'statistics and metrics: the longest wait of an inbox. Statements say waiting_since > -infinity';

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
      comment on index conversation_labels_by_label is 'GET /conversations?labelId, deleting a label';

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
      create index grace_periods_due on grace_periods (tenant_id, expires_at);
      create index grace_periods_of_operator on grace_periods (tenant_id, operator_id, conversation_id);
      comment on index grace_periods_due is 'grace expiry, GET /grace-periods: the first to end';
      comment on index grace_periods_of_operator is 'an operator comes back: END_GRACE_PERIODS';

      -- Message ids the orchestrator has reported, so that a repeated one counts once. Kept for seven days.
      create table processed_messages (
        tenant_id uuid not null,
        external_conversation_id text not null,
        message_id text not null,
        seen_at timestamptz not null default now(),
        constraint processed_messages_pk primary key (tenant_id, external_conversation_id, message_id)
      );
      create index processed_messages_seen on processed_messages (tenant_id, seen_at);
      comment on index processed_messages_seen is 'clean-up of message ids';

      ${ALLOCATED_CONVERSATION}

      ${isolateByTenant('leads', { application: 'select, insert, update' })}
      ${isolateByTenant('conversations', { application: 'select, insert, update', platformReads: true })}
      ${isolateByTenant('labels', { application: 'select, insert, update, delete' })}
      ${isolateByTenant('conversation_labels', { application: 'select, insert, delete' })}
      ${isolateByTenant('grace_periods', { application: 'select, insert, update, delete', platformReads: true })}
      -- Concurrent clean-ups lock the rows that they delete, and a lock needs the right to update.
      ${isolateByTenant('processed_messages', { application: 'select, insert, update, delete', platformReads: true })}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table processed_messages, grace_periods, conversation_labels, labels, conversations, leads`,
    );
    await runner.query(`drop type allocated_conversation`);
  }
}

/** Also what a database of before is adopted with. */
export const ONE_PER_THREAD = `
  -- An index with such a condition and not a constraint, which would look as good as the primary key.
  create unique index conversations_external_id_unique on conversations (tenant_id, external_conversation_id)
    where external_conversation_id is not null;
  comment on index conversations_external_id_unique is 'one conversation for each thread; a message, GET /conversations?externalConversationId';`;

/** Also what a database of before is adopted with. */
export const ALLOCATED_CONVERSATION = `
  -- What allocate answers of a conversation. A type of its own: docs/database.md.
  create type allocated_conversation as (
    tenant_id uuid,
    id uuid,
    inbox_id uuid,
    external_conversation_id text,
    customer_phone_number text,
    display_name text,
    lead_id uuid,
    state text,
    assigned_operator_id uuid,
    message_count integer,
    last_message_at timestamptz,
    waiting_since timestamptz,
    priority_score double precision,
    labels json,
    version integer,
    created_at timestamptz,
    updated_at timestamptz,
    resolved_at timestamptz
  );`;
