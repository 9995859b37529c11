import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** What services prove themselves with. */
export class ApiKeys1795219215000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table api_keys (
        tenant_id uuid not null,
        id uuid not null,
        name text not null,
        -- SHA-256 of the secret part. The secret has 256 random bits, so there is nothing to guess that a slow hash
        -- would have to slow down.
        secret_hash bytea not null,
        -- Not a hash: whoever checks a signature computes it anew. NULL: requests are not signed.
        signing_secret text,
        expires_at timestamptz,
        last_used_at timestamptz,
        created_by uuid not null,
        created_at timestamptz not null default now(),
        constraint api_keys_pk primary key (tenant_id, id),
        constraint api_keys_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint api_keys_created_by_fk foreign key (tenant_id, created_by) references operators (tenant_id, id),
        constraint api_keys_name check (length(name) between 1 and 100),
        constraint api_keys_secret_hash check (octet_length(secret_hash) = 32),
        constraint api_keys_signing_secret check (signing_secret like 'whsec\\_%')
      );
      ${isolateByTenant('api_keys', 'select, insert, update (last_used_at), delete')}

      -- Ids of signed requests, for as long as their time would let them in a second time.
      create table signed_requests (
        tenant_id uuid not null,
        api_key_id uuid not null,
        request_id text not null,
        expires_at timestamptz not null,
        constraint signed_requests_pk primary key (tenant_id, api_key_id, request_id),
        -- A key that is revoked takes its requests along.
        constraint signed_requests_api_key_fk foreign key (tenant_id, api_key_id)
          references api_keys (tenant_id, id) on delete cascade,
        constraint signed_requests_id check (length(request_id) between 1 and 255)
      );
      create index signed_requests_expired on signed_requests (tenant_id, api_key_id, expires_at);
      ${isolateByTenant('signed_requests', 'select, insert, update, delete')}

      -- What a key must prove, or no row. The key names its tenant, so nothing is looked up across tenants.
      create function identify_api_key(p_tenant uuid, p_key uuid)
      returns table (name text, secret_hash bytea, signing_secret text, is_expired boolean, is_use_due boolean)
      language plpgsql volatile
      as $$
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        return query
        select k.name, k.secret_hash, k.signing_secret, coalesce(k.expires_at <= now(), false),
          coalesce(k.last_used_at < now() - interval '1 minute', true)
        from api_keys k
        where k.tenant_id = p_tenant and k.id = p_key;
      end
      $$;

      -- Once a minute is enough for "is it still in use?". Many requests find at the same time that it is due: whoever
      -- comes second skips the locked row instead of waiting for it.
      create function record_api_key_use(p_tenant uuid, p_key uuid) returns void
      language plpgsql volatile
      as $$
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        update api_keys k set last_used_at = now()
        from (
          select d.id from api_keys d
          where d.tenant_id = p_tenant and d.id = p_key
            and (d.last_used_at is null or d.last_used_at < now() - interval '1 minute')
          for no key update skip locked
        ) due
        where k.tenant_id = p_tenant and k.id = due.id;
      end
      $$;

      -- Remembers the id of a signed request; false when it was there already. Of two at once the second waits for
      -- the first. A request may be signed up to five minutes ahead and is let in until five minutes after: ten, and
      -- five more for clocks that differ. What has expired is taken away by those who come later, a few at a time.
      create function admit_signed_request(p_tenant uuid, p_key uuid, p_request text) returns boolean
      language plpgsql volatile
      as $$
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        delete from signed_requests r
        using (
          select e.request_id from signed_requests e
          where e.tenant_id = p_tenant and e.api_key_id = p_key and e.expires_at < now()
          order by e.expires_at limit 10
          for update skip locked
        ) expired
        where r.tenant_id = p_tenant and r.api_key_id = p_key and r.request_id = expired.request_id;
        insert into signed_requests (tenant_id, api_key_id, request_id, expires_at)
        values (p_tenant, p_key, p_request, now() + interval '15 minutes')
        on conflict do nothing;
        return found;
      end
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function admit_signed_request, record_api_key_use, identify_api_key;
      drop table signed_requests;
      drop table api_keys;
    `);
  }
}
