import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** What services prove themselves with, how much they may ask, and what they were answered. */
export class Access1795600005000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table api_keys (
        tenant_id uuid not null,
        id uuid not null,
        name text not null,
        -- SHA-256 of the secret part. The secret has 256 random bits, so there is nothing to guess that a slow hash
        -- would have to slow down.
        secret_hash bytea not null,
        -- Not a hash: checking a signature needs the secret. NULL: requests are not signed.
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
      )
      with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
      create index signed_requests_expired on signed_requests (tenant_id, api_key_id, expires_at);
      comment on index signed_requests_expired is 'a signed request: clean-up of ids that may come again';

      -- How much of their limit principals have used, shared by all instances.
      -- Unlogged: a crash of the server forgets at most one minute, and writing it down would cost more than that is worth.
      create unlogged table rate_limits (
        tenant_id uuid not null,
        principal text not null,
        window_ends_at timestamptz not null,
        used integer not null,
        constraint rate_limits_pk primary key (tenant_id, principal),
        constraint rate_limits_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint rate_limits_used check (used >= 0)
      ) with (fillfactor = 50);

      -- Answers that were given, for those who ask again.
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
      comment on index idempotency_keys_expired is 'clean-up of answers';

      ${isolateByTenant('api_keys', { application: 'select, insert, update, delete' })}
      ${isolateByTenant('signed_requests', { application: 'select, insert, update, delete' })}
      ${isolateByTenant('rate_limits', { application: 'select, insert, update' })}
      ${isolateByTenant('idempotency_keys', { application: 'select, insert, update, delete', platformReads: true })}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table idempotency_keys, rate_limits, signed_requests, api_keys`);
  }
}
