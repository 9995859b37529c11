import type { Transaction } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { named, rowsOf, sql } from '../database/statement.js';
import { detailsOfPage } from './details-of-page.js';
import type { Filters } from './conversation-filters.js';
import type { ConversationRow } from './conversation.js';
import { conditionsOf, type Parameter } from './filter-conditions.js';
import { isCommon, withLabels } from './list-conversations.js';
import { inboxesWithLabels, isNarrow, sourcesOf, type ListRequest } from './list-sources.js';

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
  is_found: boolean;
  is_last: boolean;
}

interface Request {
  tenantId: string;
  /** null: all inboxes of the tenant. */
  inboxes: readonly string[] | null;
  filters: Filters;
  after: QueuePosition | null;
  limit: number;
}

export interface QueuePage {
  rows: QueuedRow[];
  /** Where the next page must begin although this one is not full; null when it is full, or the queue ends. */
  continuesAt: QueuePosition | null;
}

/** How much of a queue a page looks at to find those that fulfil filters: first a little, then much, in all inboxes. */
const LOOKED_AT = [100, 5_000];

/** A page of waiting conversations, best first, in the order of allocate. */
export async function listByPriority(tx: Transaction, request: Request): Promise<QueuePage> {
  const { tenantId, inboxes, filters, limit } = request;
  // The inboxes of a request say which are visible.
  const list = await withLabels(tx, { tenantId, filters, visible: null, by: 'waiting' });
  const within = (ids: readonly string[] | null) =>
    ids?.filter((id) => inboxes?.includes(id) ?? true) ?? inboxes;
  const asked = within(filters.inboxId ?? null);
  if (isNarrow(list)) {
    const rows = await readQueue(tx, { ...request, inboxes: asked }, list, null);
    return { rows, continuesAt: null };
  }
  const shown = filters.inboxId === undefined ? within(inboxesWithLabels(list)) : asked;
  let rows: QueuedRow[] = [];
  let end: QueuedRow | undefined;
  for (const most of LOOKED_AT) {
    const after = end === undefined ? request.after : positionOf(end);
    const looked = await readQueue(tx, { ...request, inboxes: shown, after }, list, most);
    rows = [...rows, ...looked.filter(({ is_found }) => is_found)].slice(0, limit);
    end = looked.at(-1)?.is_last === true ? looked.at(-1) : undefined;
    if (rows.length === limit || end === undefined) break;
  }
  return { rows, continuesAt: end === undefined || rows.length === limit ? null : positionOf(end) };
}

export function positionOf(row: QueuedRow): QueuePosition {
  return { asOf: row.as_of, urgency: row.urgency, basisAt: row.basis_at, id: row.id };
}

/** @param most how much of the queue to look at; null for filters that leave few conversations to be scored one by one */
async function readQueue(
  tx: Transaction,
  { tenantId, inboxes, filters, after, limit }: Request,
  list: ListRequest,
  most: number | null,
): Promise<QueuedRow[]> {
  const values: unknown[] = [
    tenantId,
    inboxes,
    after?.asOf ?? null,
    limit,
    after?.urgency ?? Infinity,
    after?.basisAt ?? '-infinity',
    after?.id ?? LOWEST_ID,
  ];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const page = most === null ? scoredPage(list, parameter) : queuePage(list, most, parameter);
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
    select d.*, p.normalization, p.as_of::text as as_of, p.urgency, p.basis_at::text as basis_at, p.is_found, p.is_last
    from page p
    ${detailsOfPage(tx)}
    order by p.urgency desc, p.basis_at, p.id`;
  const rows = await rowsOf<QueuedRow>(tx, named(isCommon(filters), statement), values);
  // With CANDIDATE_WINDOW the score depends on the other candidates. Here these are the rows of this list, not of the
  // inbox.
  return rows.map((row) => (row.normalization === 'FIXED' ? row : { ...row, priority_score: row.urgency }));
}

const pageOfQueue = (limit: string) =>
  `queue_page(t.settings, shown.ids, k.as_of, ${limit}, $5::double precision, $6::timestamptz, $7::uuid)`;
const WHOLE_QUEUE_PAGE = `
  select w.*, true as is_found, false as is_last from ${pageOfQueue('$4::integer')} w`;

function queuePage({ filters, labels }: ListRequest, most: number, parameter: Parameter): string {
  const conditions = conditionsOf(filters, labels, parameter, ['state', 'inboxId']);
  return conditions.length === 0 ? WHOLE_QUEUE_PAGE : filteredPage(conditions, `${parameter(most)}::integer`);
}

/** Those that fulfil the conditions, and the last that was looked at. Every inbox is read as far as its share of `most`. */
function filteredPage(conditions: string[], most: string): string {
  return `
    select l.id, l.inbox_id, l.urgency, l.basis_at, l.is_found, l.place = s.share as is_last
    from (select greatest($4::integer, ${most} / greatest(cardinality(shown.ids), 1)) as share) s
    cross join lateral (
      select w.*, row_number() over (order by w.urgency desc, w.basis_at, w.id) as place, (
        select (${conditions.join(' and ')}) is true from conversations c
        where c.tenant_id = $1 and c.id = w.id) as is_found
      from ${pageOfQueue('s.share')} w) l
    where l.is_found or l.place = s.share
    order by l.urgency desc, l.basis_at, l.id limit $4::integer`;
}

/**
 * The conversations that a narrow filter leaves, scored one by one with the formula of queue_page. "state = 'QUEUED'"
 * would also allow the indexes of the whole queue.
 */
function scoredPage(list: ListRequest, parameter: Parameter): string {
  const few = sourcesOf(list, parameter)
    .map(
      ({ ranges, where, others }) => `
        select f.* from ${ranges} cross join lateral (
          select c.* from conversations c
          where ${['c.tenant_id = $1', ...where, ...others, 'c.inbox_id = any (shown.ids)'].join(' and ')}
          offset 0) f`,
    )
    .join(' union all ');
  const conditions = conditionsOf(list.filters, list.labels, parameter, ['state']);
  return `
    select u.id, u.inbox_id, u.urgency, u.basis_at, true as is_found, false as is_last
    from (
      select c.id, c.inbox_id, b.basis_at, queue_urgency(t.settings,
        queue_count(t.settings, c.message_count, c.waiting_message_count),
        c.boost_minutes + inbox_boost(t.settings, c.inbox_id), b.basis_at, k.as_of) as urgency
      from (${few}) c
      cross join lateral (select queue_basis(t.settings, c.last_message_at, c.waiting_since) as basis_at) b
      where (t.settings).normalization = 'FIXED'
      union all
      select c.id, c.inbox_id, w.basis_at, w.urgency
      from candidate_window(t.settings, shown.ids, k.as_of) w
      join conversations c on ${['c.tenant_id = $1', 'c.id = w.id', ...conditions].join(' and ')}
      where (t.settings).normalization = 'CANDIDATE_WINDOW'
    ) u
    where u.urgency < $5::double precision
      or (u.urgency = $5::double precision and (u.basis_at, u.id) > ($6::timestamptz, $7::uuid))
    order by u.urgency desc, u.basis_at, u.id
    limit $4::integer`;
}
