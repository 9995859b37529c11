import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { detailsOfPage } from './details-of-page.js';
import type { ConversationRow } from './conversation.js';
import { scoreCandidates } from './score-candidates.js';
import { heldBy, type Visibility } from './visibility.js';

interface Request {
  tenantId: string;
  leadIds: readonly string[];
  /** null: the whole tenant. */
  visible: Visibility | null;
  /** The most conversations of each lead. */
  each: number;
}

/** The most recent conversations of each lead, most recent activity first. One probe per lead and inbox. */
export async function listOfLeads(tx: Transaction, request: Request): Promise<ConversationRow[]> {
  const { tenantId, leadIds, visible, each } = request;
  const values: unknown[] = [tenantId, leadIds, each];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const inboxes =
    visible === null
      ? '(select i.id from inboxes i where i.tenant_id = $1)'
      : `(select u.id from unnest(${parameter(visible.inboxes)}::uuid[]) u (id))`;
  const branches = [
    `select r.* from unnest($2::uuid[]) l (id)
    cross join ${inboxes} i
    cross join lateral (
      select c.id, c.lead_id, c.last_message_at from conversations c
      where c.tenant_id = $1 and c.inbox_id = i.id and c.lead_id = l.id
      order by c.last_message_at desc, c.id desc limit $3) r`,
  ];
  if (visible !== null) {
    // An operator holds few conversations. OFFSET 0 keeps the planner from the index by lead.
    branches.push(`
      select h.id, h.lead_id, h.last_message_at from (
        select c.id, c.lead_id, c.inbox_id, c.last_message_at from conversations c
        where c.tenant_id = $1 and ${heldBy(visible, parameter)} offset 0) h
      where h.lead_id = any ($2::uuid[]) and h.inbox_id <> all (${parameter(visible.inboxes)}::uuid[])`);
  }
  const statement = sql`
    with page as materialized (
      select n.id, n.last_message_at from (
        select p.*, row_number() over (partition by p.lead_id order by p.last_message_at desc, p.id desc) as place
        from (${branches.join(' union all ')}) p) n
      where n.place <= $3
    )
    select d.* from page p
    ${detailsOfPage(tx)}
    order by p.last_message_at desc, p.id desc`;
  return scoreCandidates(tx, tenantId, await rowsOf<ConversationRow>(tx, statement, values));
}
