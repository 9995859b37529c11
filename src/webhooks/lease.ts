import { sql } from '../database/statement.js';

/**
 * One instance at a time delivers for a webhook. No transaction is held meanwhile: the row says who, and until when,
 * should that one die. Who comes while another takes it goes on to the next.
 */
const LEASE = `interval '30 seconds'`;

/** So often the owner says that it lives; a few may fail. */
export const RENEW_EVERY_MS = 8_000;

/** $1 how many. Looks across tenants, by a function of its own. */
export const TENANTS_WITH_WEBHOOK_WORK = sql`select tenant_id, webhook_id from tenants_with_webhook_work($1)`;

/** $1 tenant, $2 webhook, $3 owner; a row when it is theirs now */
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

/** $1 tenant, $2 webhook, $3 owner; no row when it is another's by now, or the webhook is gone */
export const RENEW_LEASE = sql`
  update webhooks set lease_expires_at = now() + ${LEASE}
  where tenant_id = $1 and id = $2 and lease_owner = $3
  returning id`;

/** Leaves the time behind: whoever waited longest since then is served first. $1 tenant, $2 webhook, $3 owner */
export const RELEASE_LEASE = sql`
  update webhooks set lease_owner = null, lease_expires_at = now()
  where tenant_id = $1 and id = $2 and lease_owner = $3`;
