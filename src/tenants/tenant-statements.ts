import { sql, type Statement } from '../database/statement.js';
import type { TenantSettings } from './tenant-requests.js';

export const READ_TENANT = sql`select * from tenants where id = $1`;

/** Looks across tenants, by a function of its own: $1, $2 creation and id of the last one seen, $3 how many. */
export const LIST_TENANTS = sql`
  select t.*, t.created_at::text as position from platform_tenants($1::timestamptz, $2, $3) t`;

const COLUMNS: Record<keyof TenantSettings, string> = {
  alpha: 'alpha',
  beta: 'beta',
  normalization: 'normalization',
  maxMessageCount: 'max_message_count',
  maxDelayMinutes: 'max_delay_minutes',
  candidateWindow: 'candidate_window',
  delayBasis: 'delay_basis',
  gracePeriodSeconds: 'grace_period_seconds',
  autoSubscribe: 'auto_subscribe',
  defaultMaxLoad: 'default_max_load',
};

/** The settings that decide the order of the queue. */
const RANKING: readonly (keyof TenantSettings)[] = [
  'alpha',
  'beta',
  'normalization',
  'maxMessageCount',
  'maxDelayMinutes',
  'delayBasis',
];

export function changesRanking(settings: TenantSettings): boolean {
  return RANKING.some((name) => settings[name] !== undefined);
}

/** The given settings as columns and values. */
export function settingColumns(settings: TenantSettings): [column: string, value: unknown][] {
  return (Object.keys(COLUMNS) as (keyof TenantSettings)[])
    .filter((name) => settings[name] !== undefined)
    .map((name) => [COLUMNS[name], settings[name]]);
}

/** $1 the tenant, then the columns in their order. */
export function insertTenant(columns: readonly string[]): Statement {
  return sql`
    insert into tenants (${['id', ...columns].join(', ')})
    values (${['id', ...columns].map((_, i) => `$${i + 1}`).join(', ')}) returning *`;
}

export function updateSettings(columns: readonly string[]): Statement {
  const assignments = [...columns.map((column, i) => `${column} = $${i + 2}`), 'updated_at = now()'];
  return sql`update tenants set ${assignments.join(', ')} where id = $1 returning *`;
}
