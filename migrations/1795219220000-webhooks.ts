import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Who wants to be told what changed, and what each of them was told. */
export class Webhooks1795219220000 implements MigrationInterface {
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
        -- Not a hash: whoever signs needs it.
        secret text not null,
        -- Signs too while receivers exchange it.
        former_secret text,
        former_secret_expires_at timestamptz,
        created_by uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        -- What could be seen when it was made, it was not made for. All before the oldest transaction that ran then is
        -- decided, so its cursor begins there.
        created_in pg_snapshot not null default pg_current_snapshot(),
        position_transaction_id xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
        position_event_id uuid not null default '00000000-0000-0000-0000-000000000000',
        -- Which instance delivers, and until when unless it renews this. Without an owner: when it was done.
        lease_owner uuid,
        lease_expires_at timestamptz,
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
      ${isolateByTenant('webhooks', 'select, insert, update, delete')}

      create table webhook_deliveries (
        tenant_id uuid not null,
        webhook_id uuid not null,
        -- What the receiver hears as webhook-id, the same with every try.
        id uuid not null,
        transaction_id xid8 not null,
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
        constraint webhook_deliveries_pk primary key (tenant_id, webhook_id, id),
        constraint webhook_deliveries_webhook_fk foreign key (tenant_id, webhook_id)
          references webhooks (tenant_id, id) on delete cascade,
        -- A cursor that was set back tells nobody anything twice.
        constraint webhook_deliveries_one_per_event unique (tenant_id, webhook_id, event_id),
        constraint webhook_deliveries_status check (status in ('PENDING', 'DELIVERED', 'FAILED')),
        constraint webhook_deliveries_attempts check (attempts >= 0),
        -- What is pending is due some time; what is not will be cleaned some time.
        constraint webhook_deliveries_next_attempt check ((next_attempt_at is not null) = (status = 'PENDING')),
        constraint webhook_deliveries_keep_until check ((keep_until is null) = (status = 'PENDING')),
        constraint webhook_deliveries_last_response check (length(last_response) <= 500)
      );
      -- The next ones of a webhook, in the order of the feed.
      create index webhook_deliveries_due
        on webhook_deliveries (tenant_id, webhook_id, next_attempt_at, transaction_id, event_id) where status = 'PENDING';
      create index webhook_deliveries_kept on webhook_deliveries (tenant_id, webhook_id, keep_until)
        where keep_until is not null;
      ${isolateByTenant('webhook_deliveries', 'select, insert, update, delete')}

      grant select (tenant_id, id, enabled, position_transaction_id, position_event_id, lease_expires_at)
        on webhooks to inbox_platform;
      create policy webhooks_for_platform on webhooks for select to inbox_platform using (true);
      grant select (tenant_id, webhook_id, status, next_attempt_at, keep_until) on webhook_deliveries to inbox_platform;
      create policy webhook_deliveries_for_platform on webhook_deliveries for select to inbox_platform using (true);

      -- The webhooks that nobody works for and that have something due, something new in the ledger, or something to be
      -- cleaned; whoever waits longest for their turn first. A few probes of indexes each.
      create function tenants_with_webhook_work(p_limit integer) returns table (tenant_id uuid, webhook_id uuid)
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select w.tenant_id, w.id
        from webhooks w
        where (w.lease_expires_at is null or w.lease_expires_at <= now())
          and (
            (w.enabled and exists (
              select from webhook_deliveries d
              where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.status = 'PENDING' and d.next_attempt_at <= now()))
            or (w.enabled and exists (
              select from conversation_events e
              where e.tenant_id = w.tenant_id and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                and (e.transaction_id, e.id) > (w.position_transaction_id, w.position_event_id)
              order by e.transaction_id, e.id
              limit 1))
            or exists (
              select from webhook_deliveries d
              where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.keep_until <= now()))
        order by w.lease_expires_at nulls first
        limit p_limit
      $$;
      grant create on schema public to inbox_platform;
      alter function tenants_with_webhook_work owner to inbox_platform;
      revoke create on schema public from inbox_platform;
      set local role inbox_platform;
      revoke execute on function tenants_with_webhook_work from public;
      grant execute on function tenants_with_webhook_work to inbox_app;
      reset role;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function tenants_with_webhook_work;
      drop table webhook_deliveries;
      drop table webhooks;
    `);
  }
}
