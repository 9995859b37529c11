import { sql } from '../database/statement.js';

/**
 * At any time one instance delivers for a webhook. The row names the owner and the end of the lease, so no transaction
 * stays open and a crashed owner loses the lease. An instance skips a webhook that another one is leasing.
 */
const LEASE = `interval '30 seconds'`;

/** The owner renews the lease at this interval. A few renewals can fail. */
export const RENEW_EVERY_MS = 8_000;

/** $1 limit. This is a function because it reads across tenants. */
export const TENANTS_WITH_WEBHOOK_WORK = sql`select tenant_id, webhook_id from tenants_with_webhook_work($1)`;

/** $1 tenant, $2 webhook, $3 owner; returns a row when the owner got the lease */
export const TAKE_LEASE = sql`
  with free as (
    select id from webhooks
    where tenant_id = $1 and id = $2 and (lease_expires_at is null or lease_expires_at <= now())
    for no key update skip locked
  )
  update webhooks w set lease_owner = $3, lease_expires_at = now() + ${LEASE}
  from free
  where w.tenant_id = $1 and w.id = free.id
  returning w.id`;

/** $1 tenant, $2 webhook, $3 owner; returns no row when another instance has the lease or the webhook was deleted */
export const RENEW_LEASE = sql`
  update webhooks set lease_expires_at = now() + ${LEASE}
  where tenant_id = $1 and id = $2 and lease_owner = $3
  returning id`;

/**
 * Keeps the time of the release, so that the webhook that waits longest is served first. $1 tenant, $2 webhook, $3
 * owner
 */
export const RELEASE_LEASE = sql`
  update webhooks set lease_owner = null, lease_expires_at = now()
  where tenant_id = $1 and id = $2 and lease_owner = $3`;
