import type { Transaction } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { named, rowsOf, sql } from '../database/statement.js';
import type { ConversationRow } from './conversation.js';
import {
  conditionsOf,
  FEW_LABELLED,
  existing,
  idsOfLabel,
  isCommon,
  isNarrow,
  isOnlyOfLabel,
  ofNumber,
  type Filters,
} from './list-conversations.js';

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
  const page = pageFor(filters, parameter);
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

function pageFor(filters: Filters, parameter: (value: unknown) => string): string {
  if (!isNarrow(filters)) return WHOLE_QUEUE_PAGE;
  const { customerPhoneNumber, ...others } = filters;
  const conditions = [
    'c.tenant_id = $1',
    `c.state is not distinct from 'QUEUED'`,
    ...conditionsOf(isOnlyOfLabel(filters) ? { ...others, labelId: undefined } : others, parameter),
  ];
  if (filters.labelId !== undefined && isOnlyOfLabel(filters))
    return labelledPage(existing(parameter(filters.labelId)), conditions);
  const numbers = customerPhoneNumber === undefined ? ['true'] : ofNumber(customerPhoneNumber, parameter);
  const found = (inbox: string) =>
    numbers
      .map(
        (number) => `select c.* from conversations c where ${[...conditions, number, inbox].join(' and ')}`,
      )
      .join(' union all ');
  // Conversations of a lead take one probe per inbox.
  const few =
    filters.leadId === undefined
      ? found('c.inbox_id = any (shown.ids)')
      : `select f.* from unnest(shown.ids) i (inbox_id) cross join lateral (${found('c.inbox_id = i.inbox_id')} offset 0) f`;
  return scoredPage(few, [...conditions, `(${numbers.join(' or ')})`]);
}

/**
 * The conversations of a label are all in one inbox. Either the label is rare and its conversations are scored one by
 * one, or it is common enough that reading the queue of the inbox in order soon fills a page. The stored keys have this
 * order for FIXED only, while no change of the weights is being carried out; otherwise all are scored.
 */
function labelledPage(label: string, conditions: string[]): string {
  const ids = `select array(${idsOfLabel(label)} limit case when stored.is_valid then ${FEW_LABELLED + 1} end) as ids`;
  const few = `select c.* from conversations c
    where ${conditions.join(' and ')} and c.id = any (labelled.ids) and c.inbox_id = any (shown.ids)
      and not labelled.are_many`;
  return `
    select q.*
    from (
      select l.ids, stored.is_valid and cardinality(l.ids) > ${FEW_LABELLED} as are_many, (
        select n.inbox_id from labels n where n.tenant_id = $1 and n.id = ${label}) as inbox_id
      from (select (t.settings).normalization = 'FIXED' and not (t.settings).is_reranking as is_valid) stored
      cross join lateral (${ids}) l
      offset 0
    ) labelled
    cross join lateral (
      (select s.* from stored_queue_page(t.settings, array[labelled.inbox_id], k.as_of, $4::integer,
          $5::double precision, $6::timestamptz, $7::uuid, ${label}) s
        where labelled.are_many and labelled.inbox_id = any (shown.ids))
      union all
      (${scoredPage(few, [...conditions, 'c.id = any (labelled.ids)'])})
    ) q`;
}

/**
 * The conversations that a narrow filter leaves, scored one by one with the formula of queue_page. "state = 'QUEUED'"
 * would also allow the indexes of the whole queue.
 */
function scoredPage(few: string, conditions: string[]): string {
  return `
    select u.id, u.inbox_id, u.urgency, u.basis_at
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
      join conversations c on c.id = w.id and ${conditions.join(' and ')}
      where (t.settings).normalization = 'CANDIDATE_WINDOW'
    ) u
    where u.urgency < $5::double precision
      or (u.urgency = $5::double precision and (u.basis_at, u.id) > ($6::timestamptz, $7::uuid))
    order by u.urgency desc, u.basis_at, u.id
    limit $4::integer`;
}
