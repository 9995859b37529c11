import { sql } from '../database/statement.js';
import type { TenantSettings } from './tenant-requests.js';

/**
 * Calls a function because it reads across tenants. $1, $2 creation time and id of the last tenant of the previous
 * page, $3 limit
 */
export const LIST_TENANTS = sql`
  select t.id, t.name, t.external_id as "externalId", t.is_suspended as "isSuspended", t.alpha, t.beta, t.normalization, t.max_message_count as "maxMessageCount",
    t.max_delay_minutes as "maxDelayMinutes", t.candidate_window as "candidateWindow", t.delay_basis as "delayBasis",
    t.count_basis as "countBasis", t.grace_period_seconds as "gracePeriodSeconds", t.decline_seconds as "declineSeconds",
    t.presence_timeout_seconds as "presenceTimeoutSeconds", t.operators_may_hand_over as "operatorsMayHandOver",
    t.misses_before_pause as "missesBeforePause", t.max_parked as "maxParked",
    t.backlog_per_minute as "backlogPerMinute", t.unattended_seconds as "unattendedSeconds",
    t.retention_days as "retentionDays", t.auto_subscribe as "autoSubscribe",
    t.default_max_load as "defaultMaxLoad", t.default_inbox_id as "defaultInboxId", t.created_at as "createdAt",
    t.updated_at as "updatedAt", t.created_at::text as position
  from tenants_for_platform($1::timestamptz, $2, $3) t`;

/** To be counted. $1 and $2 before the first one, $3 how many are enough */
export const ALL_TENANTS = sql`select true as is_found from tenants_for_platform($1::timestamptz, $2, $3) t`;

/** The settings that determine the order of the queue. */
const RANKING: readonly (keyof TenantSettings)[] = [
  'alpha',
  'beta',
  'normalization',
  'maxMessageCount',
  'maxDelayMinutes',
  'delayBasis',
  'countBasis',
];

export function changesRanking(settings: TenantSettings): boolean {
  return RANKING.some((name) => settings[name] !== undefined);
}
