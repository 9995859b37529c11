import type { Transaction } from '../database/database.js';
import { named, rowsOf, sql } from '../database/statement.js';
import type { ListPosition } from '../search/conversation-search.js';
import { detailsOfPage } from './details-of-page.js';
import type { Filters } from './conversation-filters.js';
import type { ConversationRow } from './conversation.js';
import type { Parameter } from './filter-conditions.js';
import { conversationsWith, FEW_LABELLED, labelsOf } from './filter-labels.js';
import { isOfLabelsOnly, sourcesOf, type ListRequest, type Source } from './list-sources.js';
import { scoreCandidates } from './score-candidates.js';
import type { Visibility } from './visibility.js';

export interface ListedRow extends ConversationRow {
  /** The time by which the list is sorted, with all its digits: a JavaScript date drops the microseconds. */
  position: string;
}

export interface ListPageRequest {
  tenantId: string;
  filters: Filters;
  /** null: the whole tenant. */
  visible: Visibility | null;
  by: 'activity' | 'waiting';
  newestFirst: boolean;
  /** The last row of the previous page. */
  after: ListPosition | null;
  limit: number;
}

/** A whole list. */
export type CountRequest = Omit<ListPageRequest, 'after' | 'limit' | 'newestFirst'>;

export interface Listed {
  rows: ListedRow[];
  /** Where the next page must begin although this one is not full; null when it is full, or the list ends. */
  continuesAt: ListPosition | null;
}

/**
 * The most conversations that a page looks at. Where a filter has no index, and few fulfil it, the page ends there with
 * fewer than asked for.
 */
const LOOKED_AT = 5_000;
/** The most that it looks at first, which fills most pages. */
const LOOKED_AT_FIRST = 600;

/**
 * Without statistics the planner expects a handful of waiting conversations, and would sort all of them rather than read
 * the first of conversations_waiting. For the rest of the transaction it sorts only where no index has the order.
 */
const PREFER_ORDERED_INDEXES = sql`select set_config('enable_sort', 'off', true)`;

/** A page in the order of the list. */
export async function listConversations(tx: Transaction, request: ListPageRequest): Promise<Listed> {
  const list = await withLabels(tx, request, isOfLabelsOnly(request) ? 0 : FEW_LABELLED);
  if (request.by === 'waiting') await rowsOf(tx, PREFER_ORDERED_INDEXES, []);
  const first = await look(tx, request, list, LOOKED_AT_FIRST);
  const { rows, continuesAt } = first.isShort ? await look(tx, request, list, LOOKED_AT) : first;
  return { rows: await scoreCandidates(tx, request.tenantId, rows), continuesAt };
}

/** Looks at up to `most` conversations, or at a page of each range if that is more. */
async function look(
  tx: Transaction,
  request: ListPageRequest,
  list: ListRequest,
  most: number,
): Promise<Listed & { isShort: boolean }> {
  const { tenantId, limit } = request;
  const values: unknown[] = [tenantId, limit];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const order = orderOf(request);
  const sources = sourcesOf(list, parameter);
  const after = request.after === null ? null : afterPosition(request.after, parameter);
  const pages = sources.map((source) => pageOfSource(source, request, after, parameter, most));
  const all = `(${pages.join(' union all ')}) p`;
  // A conversation with several of the labels was read for each.
  const severalLabels = (list.labels.labelId?.length ?? 0) > 1;
  const once = `select p.at, p.id, bool_or(p.is_found) as is_found, bool_or(p.is_last) as is_last
      from ${all} group by p.at, p.id`;
  const statement = sql`
    with page as materialized (
      ${severalLabels ? once : `select p.* from ${all}`}
      order by p.at ${order}, p.id ${order} limit $2
    )
    select d.*, p.at::text as position, p.is_found, p.is_last
    from page p
    ${detailsOfPage(tx)}
    order by p.at ${order}, p.id ${order}`;
  const looked = await rowsOf<ListedRow & { is_found: boolean; is_last: boolean }>(
    tx,
    named(isCommon(request.filters), statement),
    values,
  );
  const last = looked.findIndex(({ is_last }) => is_last);
  const rows = (last === -1 ? looked : looked.slice(0, last + 1)).filter(({ is_found }) => is_found);
  const end = looked[last];
  const ends = end === undefined || rows.length >= limit;
  return {
    rows,
    continuesAt: ends ? null : { position: end.position, id: end.id },
    // There are more to look at.
    isShort:
      !ends && sources.some((source) => shareOf(source, limit, most) < shareOf(source, limit, LOOKED_AT)),
  };
}

/** Looks up the labels of the filters, and the conversations that have them if these are few; with 0 only the labels. */
export async function withLabels(
  tx: Transaction,
  { tenantId, filters, visible, by }: CountRequest,
  few = FEW_LABELLED,
): Promise<ListRequest> {
  const labels = await labelsOf(tx, tenantId, filters);
  const anchor = labels.labelId ?? labels.labelName;
  const found = few === 0 ? undefined : anchor && (await conversationsWith(tx, tenantId, anchor, few + 1));
  const labelled = found === undefined || found.length > few ? null : found;
  return { filters, labels, labelled, visible, by };
}

const timeOf = ({ by }: Pick<ListPageRequest, 'by'>, { alias }: Source['rows']) =>
  `${alias}.${by === 'activity' ? 'last_message_at' : 'waiting_since'}`;
const orderOf = ({ newestFirst }: ListPageRequest) => (newestFirst ? 'desc' : 'asc');

function afterPosition({ position, id }: ListPosition, parameter: Parameter): string {
  return `(${parameter(position)}::timestamptz, ${parameter(id)}::uuid)`;
}

/** How many conversations of each range are looked at. */
function shareOf({ count }: Source, limit: number, most: number): number {
  return Math.max(limit, Math.floor(most / Math.max(count, 1)));
}

/** Up to a page of each range. */
function pageOfSource(
  source: Source,
  request: ListPageRequest,
  after: string | null,
  parameter: Parameter,
  most: number,
): string {
  const { from, alias, id } = source.rows;
  const [time, order] = [timeOf(request, source.rows), orderOf(request)];
  const isBounded = source.isOrdered && source.others.length > 0;
  const conditions = [`${alias}.tenant_id = $1`, ...source.where, ...(isBounded ? [] : source.others)];
  if (after !== null) conditions.push(`(${time}, ${id}) ${request.newestFirst ? '<' : '>'} ${after}`);
  const rows = (limit: string, more = '') => `
    select ${id} as id, ${time} as at${more} from ${from}
    where ${conditions.join(' and ')}
    order by ${time} ${order}, ${id} ${order} limit ${limit}`;
  if (!isBounded) {
    // All rows of a page are in the ranges whose first ones come first, of which a page is enough. Labels can begin with
    // the same conversation.
    const heads = `(select i.* from (
        select i.*, dense_rank() over (order by h.at ${order}, h.id ${order}) as place
        from ${source.ranges} cross join lateral (${rows('1')}) h) i
      where i.place <= $2) i`;
    return `(select r.id, r.at, true as is_found, false as is_last
      from ${source.startsWithHeads ? heads : source.ranges} cross join lateral (${rows('$2')}) r)`;
  }
  const share = parameter(shareOf(source, request.limit, most));
  const place = `, row_number() over (order by ${time} ${order}, ${id} ${order}) as place`;
  const isFound = `, (${source.others.join(' and ')}) is true as is_found`;
  return `(select r.id, r.at, r.is_found, r.place = ${share}::integer as is_last
    from ${source.ranges} cross join lateral (
      select l.* from (${rows(`${share}::integer`, place + isFound)}) l
      where l.is_found or l.place = ${share}::integer
      order by l.at ${order}, l.id ${order} limit $2) r)`;
}

/**
 * Whether a list has at most one filter, or a state and an inbox. Other combinations are rare and many, so they have
 * no named statement.
 */
export function isCommon({ state, ...others }: Filters): boolean {
  const given = Object.keys(others);
  return given.length === 0 || (given.length === 1 && (state === undefined || given[0] === 'inboxId'));
}
