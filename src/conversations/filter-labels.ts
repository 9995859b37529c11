import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { Filters } from './conversation-filters.js';
import type { FilterLabels, NamedLabel } from './filter-conditions.js';

/** The most conversations of labels that are looked at one by one. With more, an index is read in the order of the list. */
export const FEW_LABELLED = 1_000;

/** $1 tenant, $2 labels. Not those that were deleted: their attachments are deleted later. */
const LABELS = sql`
  select l.id, l.inbox_id as "inboxId" from labels l
  where l.tenant_id = $1 and l.id = any ($2::uuid[]) and l.deleted_at is null`;

/** $1 tenant, $2 name. The function of this name does the work. */
const LABELS_NAMED = sql`select id, inbox_id as "inboxId" from labels_named($1, $2)`;

/** The labels that the filters of a list name. */
export async function labelsOf(
  tx: Transaction,
  tenantId: string,
  { labelId, labelName }: Filters,
): Promise<FilterLabels> {
  return {
    labelId: labelId === undefined ? undefined : await rowsOf<NamedLabel>(tx, LABELS, [tenantId, labelId]),
    labelName:
      labelName === undefined ? undefined : await rowsOf<NamedLabel>(tx, LABELS_NAMED, [tenantId, labelName]),
  };
}

/** $1 tenant, $2 labels, $3 limit. Each label is one probe, and the whole stops at the limit. The order names the index. */
const LABELLED = sql`
  select distinct f.conversation_id as id from (
    select a.conversation_id
    from unnest($2::uuid[]) l (id)
    cross join lateral (
      select a.conversation_id from conversation_labels a
      where a.tenant_id = $1 and a.label_id = l.id
      order by a.last_message_at, a.conversation_id limit $3) a
    limit $3) f`;

/** Up to `most` conversations that have any of the labels. */
export async function conversationsWith(
  tx: Transaction,
  tenantId: string,
  labels: readonly NamedLabel[],
  most: number,
): Promise<string[]> {
  const values = [tenantId, labels.map(({ id }) => id), most];
  return (await rowsOf<{ id: string }>(tx, LABELLED, values)).map(({ id }) => id);
}
