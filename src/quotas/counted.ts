import { sql, type Statement } from '../database/statement.js';

/** What a tenant can have a limited number of: in the words of the API, and how to count it up to $2. $1 tenant */
interface Counted {
  readonly what: string;
  readonly count: Statement;
}

export const COUNTED = {
  apiKeys: {
    what: 'API keys',
    count: sql`select count(*)::integer as used from (select 1 from api_keys where tenant_id = $1 and revoked_at is null limit $2) k`,
  },
  webhooks: {
    what: 'webhooks',
    count: sql`select count(*)::integer as used from (select 1 from webhooks where tenant_id = $1 and deleted_at is null limit $2) w`,
  },
  operators: {
    // Operators cannot be deleted. So deactivating one must make room.
    what: 'active operators',
    count: sql`
      select count(*)::integer as used from (
        select 1 from operators where tenant_id = $1 and is_active limit $2) o`,
  },
  inboxes: {
    what: 'active inboxes',
    count: sql`select count(*)::integer as used from (select 1 from inboxes where tenant_id = $1 and is_active limit $2) i`,
  },
  subscriptions: {
    what: 'subscriptions',
    count: sql`
      select count(*)::integer as used from (select 1 from subscriptions where tenant_id = $1 limit $2) s`,
  },
  labels: {
    what: 'labels',
    count: sql`select count(*)::integer as used from (select 1 from labels where tenant_id = $1 and deleted_at is null limit $2) l`,
  },
} satisfies Record<string, Counted>;

export type Quota = keyof typeof COUNTED;
