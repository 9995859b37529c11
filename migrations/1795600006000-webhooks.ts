import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Who wants to be told what changed, and what each of them was told. */
export class Webhooks1795600006000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table webhooks (
        tenant_id uuid not null,
        id uuid not null,
        url text not null,
        -- Which types of entries are wanted; NULL: all.
        events text[],
        -- NULL: of every inbox.
        inbox_id uuid,
        description text,
        enabled boolean not null default true,
        -- Why the service switched it off; NULL when a person did.
        disabled_reason text,
        -- Not a hash: signing needs the secret.
        secret text not null,
        -- Signs too while receivers exchange it.
        former_secret text,
        former_secret_expires_at timestamptz,
        created_by uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        -- Which instance delivers, and until when unless it renews this. Without an owner: when it was done.
        lease_owner uuid,
        lease_expires_at timestamptz,
        -- The last place of the feed of which it has its delivery.
        position bigint not null default 0,
        constraint webhooks_pk primary key (tenant_id, id),
        constraint webhooks_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint webhooks_inbox_fk foreign key (tenant_id, inbox_id) references inboxes (tenant_id, id),
        constraint webhooks_created_by_fk foreign key (tenant_id, created_by) references operators (tenant_id, id),
        constraint webhooks_url check (length(url) between 1 and 2000),
        constraint webhooks_events check (cardinality(events) > 0),
        constraint webhooks_disabled_reason check (disabled_reason is null or not enabled),
        constraint webhooks_secret check (secret like 'whsec\\_%'),
        constraint webhooks_former_secret check ((former_secret is null) = (former_secret_expires_at is null)),
        constraint webhooks_lease check (lease_owner is null or lease_expires_at is not null)
      )
      -- Few rows, and cursor and lease change all the time.
      with (fillfactor = 50);

      create table webhook_deliveries (
        tenant_id uuid not null,
        webhook_id uuid not null,
        -- What the receiver hears as webhook-id, the same with every try.
        id uuid not null,
        event_id uuid not null,
        event_type text not null,
        -- Byte for byte what is signed and sent: a later version of the service might write it in other words.
        body text not null,
        status text not null default 'PENDING',
        attempts integer not null default 0,
        next_attempt_at timestamptz default now(),
        last_attempt_at timestamptz,
        last_status integer,
        last_error text,
        last_response text,
        created_at timestamptz not null default now(),
        keep_until timestamptz,
        -- Place of the entry in the feed: deliveries begin in its order.
        position bigint not null,
        constraint webhook_deliveries_pk primary key (tenant_id, webhook_id, id),
        constraint webhook_deliveries_webhook_fk foreign key (tenant_id, webhook_id)
          references webhooks (tenant_id, id) on delete cascade,
        constraint webhook_deliveries_status check (status in ('PENDING', 'DELIVERED', 'FAILED')),
        constraint webhook_deliveries_attempts check (attempts >= 0),
        -- What is pending is due some time; what is not will be cleaned some time.
        constraint webhook_deliveries_next_attempt check ((next_attempt_at is not null) = (status = 'PENDING')),
        constraint webhook_deliveries_keep_until check ((keep_until is null) = (status = 'PENDING')),
        constraint webhook_deliveries_last_response check (length(last_response) <= 500)
      )
      -- Read from the front of an index while that is being used up: vacuum by count (docs/indexes-and-tables.md).
      with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
      ${ONE_PER_EVENT}
      create index webhook_deliveries_due on webhook_deliveries (tenant_id, webhook_id, next_attempt_at, position)
        where status = 'PENDING';
      create index webhook_deliveries_kept on webhook_deliveries (tenant_id, webhook_id, keep_until)
        where keep_until is not null;
      comment on index webhook_deliveries_due is 'the next deliveries of a webhook';
      comment on index webhook_deliveries_kept is 'clean-up of deliveries';

      ${isolateByTenant('webhooks', { application: 'select, insert, update, delete', platformReads: true })}
      ${isolateByTenant('webhook_deliveries', { application: 'select, insert, update, delete', platformReads: true })}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table webhook_deliveries, webhooks`);
  }
}

/** Also what a database of before is adopted with. */
export const ONE_PER_EVENT = `
  -- A cursor that was set back tells nobody anything twice. With a condition, so that it does not look as good as the
  -- primary key to statements that look for a delivery by its id.
  create unique index webhook_deliveries_one_per_event on webhook_deliveries (tenant_id, webhook_id, event_id)
    where event_id is not null;
  comment on index webhook_deliveries_one_per_event is 'one delivery of an entry to a webhook';`;
