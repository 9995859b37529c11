import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

export class Ledger1795219203000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table conversation_events (
        tenant_id uuid not null,
        id uuid not null,
        -- Sequence order is not commit order: a reader of the feed stops at the oldest transaction still running.
        transaction_id xid8 not null default pg_current_xact_id(),
        type text not null,
        occurred_at timestamptz not null default now(),
        conversation_id uuid,
        inbox_id uuid,
        external_conversation_id text,
        version integer,
        actor_type text not null,
        actor_id text,
        reason text not null,
        score double precision,
        from_state text,
        from_operator_id uuid,
        from_inbox_id uuid,
        to_state text,
        to_operator_id uuid,
        to_inbox_id uuid,
        constraint conversation_events_pk primary key (tenant_id, transaction_id, id),
        -- One entry for each transition: a second one for the same version is refused. Also serves the history.
        constraint conversation_events_one_per_version unique (tenant_id, conversation_id, version),
        constraint conversation_events_actor check (actor_type in ('OPERATOR', 'SERVICE', 'SYSTEM')),
        constraint conversation_events_subject check (
          (conversation_id is null) = (type like 'operator.%')
          and (conversation_id is null) = (version is null)
          and (conversation_id is null) = (to_state is null))
      );

      -- Message ids the orchestrator has reported, so that a repeated one counts once. Kept for seven days.
      create table processed_messages (
        tenant_id uuid not null,
        external_conversation_id text not null,
        message_id text not null,
        seen_at timestamptz not null default now(),
        constraint processed_messages_pk primary key (tenant_id, external_conversation_id, message_id),
        constraint processed_messages_tenant_fk foreign key (tenant_id) references tenants (id)
      );
      create index processed_messages_seen on processed_messages (tenant_id, seen_at);

      -- Append-only by right: the application may neither change nor delete an entry.
      ${isolateByTenant('conversation_events', 'select, insert')}
      ${isolateByTenant('processed_messages', 'select, insert, delete')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table processed_messages, conversation_events`);
  }
}
