import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Answers that were given, for those who ask again. */
export class IdempotencyKeys1795219217000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table idempotency_keys (
        -- Of the platform, which is in no tenant, the id of all zeros; so no foreign key.
        tenant_id uuid not null,
        principal text not null,
        route text not null,
        -- SHA-256 of the key. The key itself opens the answer.
        key_hash bytea not null,
        -- SHA-256 of what was asked: another question with the same key is refused.
        fingerprint bytea not null,
        -- What was answered, sealed with the key: it may hold what is shown once.
        answer bytea not null,
        expires_at timestamptz not null,
        constraint idempotency_keys_pk primary key (tenant_id, principal, route, key_hash),
        constraint idempotency_keys_hashes check (octet_length(key_hash) = 32 and octet_length(fingerprint) = 32)
      );
      create index idempotency_keys_expired on idempotency_keys (tenant_id, expires_at);
      ${isolateByTenant('idempotency_keys', 'select, insert, update, delete')}

      -- What is known of the key. Until the end of the transaction nobody else gets past this point with it: two at once
      -- with one key are not two effects. IN_USE does not wait, so that a caller hears at once.
      create function claim_idempotency_key(p_tenant uuid, p_principal text, p_route text, p_key_hash bytea, p_fingerprint bytea)
      returns table (state text, answer bytea)
      language plpgsql volatile
      as $$
      declare
        kept idempotency_keys;
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        if not pg_try_advisory_xact_lock(
          hashtextextended(concat_ws(' ', p_tenant, p_principal, p_route, encode(p_key_hash, 'hex')), 3)) then
          return query select 'IN_USE', null::bytea;
          return;
        end if;
        select k.* into kept from idempotency_keys k
        where k.tenant_id = p_tenant and k.principal = p_principal and k.route = p_route and k.key_hash = p_key_hash
          and k.expires_at > now();
        return query select
          case when kept.key_hash is null then 'NEW' when kept.fingerprint = p_fingerprint then 'KEPT' else 'OTHER' end,
          kept.answer;
      end
      $$;

      -- To be called in the transaction of the effect, by whom claim_idempotency_key told NEW.
      create function keep_answer(p_tenant uuid, p_principal text, p_route text, p_key_hash bytea, p_fingerprint bytea,
        p_answer bytea, p_hours integer)
      returns void
      language plpgsql volatile
      as $$
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        insert into idempotency_keys as k (tenant_id, principal, route, key_hash, fingerprint, answer, expires_at)
        values (p_tenant, p_principal, p_route, p_key_hash, p_fingerprint, p_answer, now() + make_interval(hours => p_hours))
        -- One that has expired and is not cleaned up yet.
        on conflict (tenant_id, principal, route, key_hash) do update
        set fingerprint = excluded.fingerprint, answer = excluded.answer, expires_at = excluded.expires_at;
      end
      $$;

      -- Takes away up to p_limit keys and message ids whose time is over; how many there were. What another run is
      -- taking away is skipped.
      create function forget_expired(p_tenant uuid, p_limit integer) returns integer
      language plpgsql volatile
      as $$
      declare
        keys integer;
        messages integer;
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        with expired as (
          select k.principal, k.route, k.key_hash from idempotency_keys k
          where k.tenant_id = p_tenant and k.expires_at <= now()
          order by k.expires_at limit p_limit for update skip locked
        )
        delete from idempotency_keys k using expired e
        where k.tenant_id = p_tenant and k.principal = e.principal and k.route = e.route and k.key_hash = e.key_hash;
        get diagnostics keys = row_count;
        with expired as (
          select m.external_conversation_id, m.message_id from processed_messages m
          where m.tenant_id = p_tenant and m.seen_at <= now() - interval '7 days'
          order by m.seen_at limit p_limit for update skip locked
        )
        delete from processed_messages m using expired e
        where m.tenant_id = p_tenant and m.external_conversation_id = e.external_conversation_id
          and m.message_id = e.message_id;
        get diagnostics messages = row_count;
        return greatest(keys, messages);
      end
      $$;
      -- FOR UPDATE asks for the right to update.
      grant update (seen_at) on processed_messages to inbox_app;

      -- The tenants with something to forget, and the platform.
      grant select on idempotency_keys, processed_messages to inbox_platform;
      create policy idempotency_keys_for_platform on idempotency_keys for select to inbox_platform using (true);
      create policy processed_messages_for_platform on processed_messages for select to inbox_platform using (true);
      create function tenants_to_clean() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select t.id
        from (select id from tenants union all select '00000000-0000-0000-0000-000000000000') t
        where exists (select from idempotency_keys k where k.tenant_id = t.id and k.expires_at <= now())
          or exists (
            select from processed_messages m where m.tenant_id = t.id and m.seen_at <= now() - interval '7 days')
      $$;
      grant create on schema public to inbox_platform;
      alter function tenants_to_clean owner to inbox_platform;
      revoke create on schema public from inbox_platform;
      set local role inbox_platform;
      revoke execute on function tenants_to_clean from public;
      grant execute on function tenants_to_clean to inbox_app;
      reset role;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function tenants_to_clean, forget_expired, keep_answer, claim_idempotency_key;
      drop policy processed_messages_for_platform on processed_messages;
      revoke select on processed_messages from inbox_platform;
      revoke update (seen_at) on processed_messages from inbox_app;
      drop table idempotency_keys;
    `);
  }
}
