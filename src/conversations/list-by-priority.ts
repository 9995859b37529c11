import type { Transaction } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { named, rowsOf, sql } from '../database/statement.js';
import type { ConversationRow } from './conversation.js';
import { conditionsOf, isCommon, isNarrow, type Filters } from './list-conversations.js';

/** The position of a row in the queue at the time of the first page. Times are text with all their digits. */
export interface QueuePosition {
  asOf: string;
  urgency: number;
  basisAt: string;
  id: string;
}

export interface QueuedRow extends ConversationRow {
  as_of: string;
  urgency: number;
  basis_at: string;
  normalization: 'FIXED' | 'CANDIDATE_WINDOW';
}

interface Request {
  tenantId: string;
  /** null: all inboxes of the tenant. */
  inboxes: string[] | null;
  filters: Filters;
  after: QueuePosition | null;
  limit: number;
}

/** A page of waiting conversations, best first, in the order of allocate. */
export async function listByPriority(
  tx: Transaction,
  { tenantId, inboxes, filters, after, limit }: Request,
): Promise<QueuedRow[]> {
  const values: unknown[] = [
    tenantId,
    filters.inboxId === undefined
      ? inboxes
      : inboxes === null || inboxes.includes(filters.inboxId)
        ? [filters.inboxId]
        : [],
    after?.asOf ?? null,
    limit,
    after?.urgency ?? Infinity,
    after?.basisAt ?? '-infinity',
    after?.id ?? LOWEST_ID,
  ];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const page = isNarrow(filters) ? filteredPage(filters, parameter) : WHOLE_QUEUE_PAGE;
  const statement = sql`
    with page as materialized (
      select k.as_of, (t.settings).normalization, q.*
      from queue_settings t
      cross join (select coalesce($3::timestamptz, statement_timestamp()) as as_of) k
      cross join lateral (
        select coalesce($2::uuid[], (select array_agg(i.id) from inboxes i where i.tenant_id = $1), '{}') as ids) shown
      cross join lateral (${page}) q
      where t.tenant_id = $1
    )
    select d.*, p.normalization, p.as_of::text as as_of, p.urgency, p.basis_at::text as basis_at
    from page p
    -- LIMIT makes this one probe per row. The planner does not know that a page is short, and would join all rows.
    cross join lateral (select d.* from conversation_details d where d.tenant_id = $1 and d.id = p.id limit 1) d
    order by p.urgency desc, p.basis_at, p.id`;
  const rows = await rowsOf<QueuedRow>(tx, named(isCommon(filters), statement), values);
  // With CANDIDATE_WINDOW the score depends on the other candidates. Here these are the rows of this list, not of the
  // inbox.
  return rows.map((row) => (row.normalization === 'FIXED' ? row : { ...row, priority_score: row.urgency }));
}

const WHOLE_QUEUE_PAGE = `
  select * from queue_page(t.settings, shown.ids, k.as_of, $4::integer, $5::double precision, $6::timestamptz, $7::uuid)`;

/**
 * A narrow filter leaves few rows, so these are scored one by one with the formula of queue_page. "state = 'QUEUED'"
 * would also allow the indexes of the whole queue. Conversations of a lead take one probe per inbox.
 */
function filteredPage(filters: Filters, parameter: (value: unknown) => string): string {
  const conditions = [
    'c.tenant_id = $1',
    `c.state is not distinct from 'QUEUED'`,
    ...conditionsOf(filters, parameter),
  ];
  const found = (inbox: string) =>
    `select c.* from conversations c where ${[...conditions, inbox].join(' and ')}`;
  const few =
    filters.leadId === undefined
      ? found('c.inbox_id = any (shown.ids)')
      : `select f.* from unnest(shown.ids) i (inbox_id) cross join lateral (${found('c.inbox_id = i.inbox_id')} offset 0) f`;
  return `
    select u.id, u.inbox_id, u.urgency, u.basis_at
    from (
      select c.id, c.inbox_id, b.basis_at, queue_urgency(t.settings, c.message_count, b.basis_at, k.as_of) as urgency
      from (${few}) c
      cross join lateral (select queue_basis(t.settings, c.last_message_at, c.waiting_since) as basis_at) b
      where (t.settings).normalization = 'FIXED'
      union all
      select c.id, c.inbox_id, w.basis_at, w.urgency
      from candidate_window(t.settings, shown.ids, k.as_of) w
      join conversations c on c.id = w.id and ${conditions.join(' and ')}
      where (t.settings).normalization = 'CANDIDATE_WINDOW'
    ) u
    where u.urgency < $5::double precision
      or (u.urgency = $5::double precision and (u.basis_at, u.id) > ($6::timestamptz, $7::uuid))
    order by u.urgency desc, u.basis_at, u.id
    limit $4::integer`;
}
