import { Webhook as Signer } from 'standardwebhooks';
import { sql } from '../database/statement.js';
import { placeOf, type SecretColumn } from '../secrets/secret-columns.js';
import { SecretUnreadable, type SecretKeys } from '../secrets/secret-keys.js';
import type { ReceiverResponse } from './guarded-post.js';
import { delayAfter } from './retry-schedule.js';

/** A delivery that is due, with its target. */
export interface DueDelivery {
  id: string;
  body: string;
  attempts: number;
  url: string;
  /** As they are stored. */
  secret: string;
  former_secret: string | null;
  /** The time by the clock of the database. */
  attempted_at: Date;
}

/** $1 tenant, $2 webhook, $3 owner of the lease, $4 limit, $5 deliveries that are being sent */
export const DUE_DELIVERIES = sql`
  with due as (
    select d.id, d.body, d.attempts, d.next_attempt_at, d.position
    from webhook_deliveries d
    where d.tenant_id = $1 and d.webhook_id = $2 and d.status = 'PENDING' and d.next_attempt_at <= now()
      and d.id <> all ($5::uuid[])
    order by d.next_attempt_at, d.position
    limit $4
  )
  select d.id, d.body, d.attempts, w.url, w.secret, now() as attempted_at,
    case when w.former_secret_expires_at > now() then w.former_secret end as former_secret
  from webhooks w cross join due d
  where w.tenant_id = $1 and w.id = $2 and w.lease_owner = $3 and w.enabled
    and not exists (select 1 from tenants t where t.id = $1 and t.is_suspended)
  order by d.next_attempt_at, d.position`;

/**
 * Updates nothing when another attempt was recorded first. `is not distinct from` keeps the planner on the primary
 * key: "status = 'PENDING'" would also allow the index of due deliveries.
 * $1 tenant, $2 webhook, $3 delivery, $4 attempts before this one, $5 time, $6 status of the response, $7 error, $8
 * excerpt, $9 whether it was delivered, $10 milliseconds until the next attempt, $11 the body that was sent. Without the
 * customer, who was erased meanwhile, it is another one, and the receiver may have repeated what it got.
 */
export const RECORD_ATTEMPT = sql`
  update webhook_deliveries
  set attempts = attempts + 1, last_attempt_at = $5, last_status = $6, last_error = $7, 
    last_response = case when body = $11 then $8 end,
    status = case when $9 then 'DELIVERED' when $10::float8 is null then 'FAILED' else 'PENDING' end,
    next_attempt_at = now() + case when not $9 then $10::float8 end * interval '1 millisecond',
    keep_until = now() + case when $9 then interval '7 days' when $10 is null then interval '30 days' end
  where tenant_id = $1 and webhook_id = $2 and id = $3 and status is not distinct from 'PENDING' and attempts = $4`;

/** Updates nothing when the URL has changed. $1 tenant, $2 webhook, $3 URL, $4 reason; returns the webhook */
export const DISABLE_WEBHOOK = sql`
  update webhooks set enabled = false, disabled_reason = $4, updated_at = now()
  where tenant_id = $1 and id = $2 and url = $3 and enabled
  returning id`;

/** $1 tenant, $2 webhook, $3 limit; returns one row per deleted delivery */
export const CLEAN_DELIVERIES = sql`
  delete from webhook_deliveries d
  -- The array is computed once. A join would search for expired rows again for every delivery.
  where d.tenant_id = $1 and d.webhook_id = $2 and d.id = any (array(
    select o.id from webhook_deliveries o
    where o.tenant_id = $1 and o.webhook_id = $2 and o.keep_until <= now()
    order by o.keep_until
    limit $3
    for update skip locked))
  returning d.id`;

/**
 * Opens the secrets of a delivery. For a day after a rotation the previous secret signs too.
 * @returns null when the secret cannot be read; without the previous one the delivery is signed by the present one
 */
export function secretsOf(
  { secret, former_secret: former }: DueDelivery,
  keys: SecretKeys,
  tenantId: string,
  webhookId: string,
): string[] | null {
  const opened = (stored: string, column: SecretColumn) => {
    try {
      return [keys.open(stored, placeOf(column, tenantId, webhookId))];
    } catch (error) {
      if (error instanceof SecretUnreadable) return [];
      throw error;
    }
  };
  const present = opened(secret, ['webhooks', 'secret']);
  if (present.length === 0) return null;
  return former === null ? present : [...present, ...opened(former, ['webhooks', 'former_secret'])];
}

/** A failed attempt without a request. The next one follows the schedule, and those who run the service find the reason in the log. */
export const UNSIGNED: ReceiverResponse = {
  status: null,
  error: 'the service cannot read the secret of this webhook; rotate it, or ask those who run the service',
  excerpt: '',
};

export function headersOf(
  { id, body, attempted_at: at }: DueDelivery,
  secrets: readonly string[],
): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'inbox-allocation-service',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((each) => new Signer(each).sign(id, at, body)).join(' '),
  };
}

/** The status by which a receiver ends its webhook. */
export const GONE = 410;

/** The effect of a response on a delivery. */
interface Outcome {
  readonly fate: 'delivered' | 'retried' | 'failed';
  /** The parameters of RECORD_ATTEMPT, from $4 on. */
  readonly values: readonly unknown[];
}

export function outcomeOf(
  { attempts, attempted_at, body }: DueDelivery,
  response: ReceiverResponse,
): Outcome {
  const { status, error, excerpt } = response;
  const arrived = status !== null && status >= 200 && status < 300;
  const delay = arrived ? null : delayAfter(attempts + 1);
  const problem = arrived ? null : (error ?? problemOf(status));
  return {
    fate: arrived ? 'delivered' : delay === null ? 'failed' : 'retried',
    values: [attempts, attempted_at, status, problem, excerpt, arrived, delay, body],
  };
}

function problemOf(status: number | null): string {
  if (status === GONE) return 'the receiver responded 410 Gone, so the webhook was disabled';
  const isRedirect = status !== null && status >= 300 && status < 400;
  return isRedirect ? `redirected with ${status}; redirects are not followed` : `responded ${status}`;
}
