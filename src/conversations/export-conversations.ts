import type { Transaction } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { named, rowsOf, sql } from '../database/statement.js';
import { detailsOfPage } from './details-of-page.js';
import type { ConversationRow } from './conversation.js';
import type { Filters } from './conversation-filters.js';
import { conditionsOf, type FilterLabels } from './filter-conditions.js';
import { labelsOf } from './filter-labels.js';

/** The most conversations that a batch looks at. With a filter that few of them pass it still ends soon. */
const MOST_LOOKED_AT = 5_000;
/** The most that a batch returns, and the number that the first one looks at. It takes some ten milliseconds. */
const ROWS = 250;

export interface ExportedRow extends ConversationRow {
  /** When it was first given to an operator since its customer began to wait. */
  given_at: Date | null;
  /** The time of the statement. */
  as_of: Date;
}

const NEWEST = sql`select c.id from conversations c where c.tenant_id = $1 order by c.id desc limit 1`;

/** $1 tenant, $2 after, $3 last, $4 limit. The function conversation_ids_after does the work. */
const IDS_AFTER = sql`select conversation_ids_after($1, $2, $3, $4) as ids`;

/** The conversations that are still to be exported: all up to `last`, after `after`. */
export interface ExportRange {
  readonly after: string;
  readonly last: string;
  /** How many of them the next batch looks at. */
  readonly lookAt: number;
}

/** What an export selects. */
export interface Selection {
  readonly filters: Filters;
  readonly labels: FilterLabels;
}

/** Looks the labels of the filters up. */
export async function selectionOf(tx: Transaction, tenantId: string, filters: Filters): Promise<Selection> {
  return { filters, labels: await labelsOf(tx, tenantId, filters) };
}

/** What exists now. Without conversations it is empty. */
export async function wholeRange(tx: Transaction, tenantId: string): Promise<ExportRange> {
  const [newest] = await rowsOf<{ id: string }>(tx, NEWEST, [tenantId]);
  return { after: LOWEST_ID, last: newest?.id ?? LOWEST_ID, lookAt: ROWS };
}

/**
 * The next conversations of an export, in the order of their ids. No change moves a conversation in this order, so none
 * is missed or exported twice.
 * @returns the rows, and the range that is left; null at the end
 */
export async function exportConversations(
  tx: Transaction,
  tenantId: string,
  selection: Selection,
  { after, last, lookAt }: ExportRange,
): Promise<{ rows: ExportedRow[]; left: ExportRange | null }> {
  const [found] = await rowsOf<{ ids: string[] }>(tx, IDS_AFTER, [tenantId, after, last, lookAt]);
  const ids = found?.ids ?? [];
  const rows = ids.length === 0 ? [] : await readRows(tx, tenantId, selection, ids);
  const isFull = rows.length === ROWS;
  const next = isFull ? rows.at(-1)?.id : ids.at(-1);
  if (next === undefined || next === last || (!isFull && ids.length < lookAt)) return { rows, left: null };
  return { rows, left: { after: next, last, lookAt: isFull ? ROWS : Math.min(2 * lookAt, MOST_LOOKED_AT) } };
}

/** Those of the conversations that match the filters, up to ROWS. */
function readRows(
  tx: Transaction,
  tenantId: string,
  { filters, labels }: Selection,
  ids: readonly string[],
): Promise<ExportedRow[]> {
  const values: unknown[] = [tenantId, ids];
  const conditions = conditionsOf(filters, labels, (value) => `$${values.push(value)}`);
  const statement = sql`
    select d.*, g.occurred_at as given_at, statement_timestamp() as as_of
    from (
      select l.id, l.n
      from unnest($2::uuid[]) with ordinality as l (id, n)
      -- OFFSET makes this one probe per row. With these conditions the planner could read another index as a whole.
      cross join lateral (select c.* from conversations c where c.tenant_id = $1 and c.id = l.id offset 0) c
      where ${['true', ...conditions].join(' and ')}
      order by l.n
      limit ${String(ROWS)}) p
    ${detailsOfPage(tx)}
    left join lateral (
      select e.occurred_at from conversation_events e
      where e.tenant_id = $1 and e.conversation_id = p.id and e.to_state = 'ALLOCATED'
        and e.from_state is distinct from 'ALLOCATED'
        and e.version > (
          select b.version from conversation_events b
          where b.tenant_id = $1 and b.conversation_id = p.id
            and b.type in ('conversation.created', 'conversation.reopened')
          order by b.version desc limit 1)
      order by e.version
      limit 1) g on true
    order by p.n`;
  return rowsOf<ExportedRow>(tx, named(Object.keys(filters).length === 0, statement), values);
}
