import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { ConversationRow } from './conversation.js';
import { scoreCandidates } from './score-candidates.js';
import { BY_ACTIVITY, BY_CUSTOMER } from './list-indexes.js';
import { STATES, type State } from '../ledger/state-machine.js';
import { heldBy, isVisibleTo, type Visibility } from './visibility.js';

/** Which conversations a list shows. What is not given does not restrict. */
export interface Filters {
  state?: State | undefined;
  inboxId?: string | undefined;
  assignedOperatorId?: string | undefined;
  customerPhoneNumber?: string | undefined;
  labelId?: string | undefined;
  leadId?: string | undefined;
  externalConversationId?: string | undefined;
}

export interface ListedRow extends ConversationRow {
  /** lastMessageAt with all its digits; a JavaScript date drops the microseconds. */
  position: string;
}

interface Request {
  tenantId: string;
  filters: Filters;
  /** null: the whole tenant. */
  visible: Visibility | null;
  newestFirst: boolean;
  /** The last row of the page before. */
  after: { position: string; id: string } | null;
  limit: number;
}

/** A page by activity. Every branch reads at most `limit` rows from an index that has them in order already. */
export async function listByActivity(tx: Transaction, request: Request): Promise<ListedRow[]> {
  const values: unknown[] = [request.tenantId, request.limit];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const order = request.newestFirst ? 'desc' : 'asc';
  const conditions = conditionsOf(request.filters, parameter);
  if (request.after !== null) {
    const position = `(${parameter(request.after.position)}::timestamptz, ${parameter(request.after.id)}::uuid)`;
    conditions.push(`(c.last_message_at, c.id) ${request.newestFirst ? '<' : '>'} ${position}`);
  }
  const page = (more: string[]) => `
    select c.id, c.last_message_at from conversations c
    where ${['c.tenant_id = $1', ...conditions, ...more].join(' and ')}
    order by c.last_message_at ${order}, c.id ${order} limit $2`;
  const statement = sql`
    with page as materialized (
      select p.id, p.last_message_at from (${branches(request, page, parameter).join(' union all ')}) p
      order by p.last_message_at ${order}, p.id ${order} limit $2
    )
    select d.*, p.last_message_at::text as position
    from page p
    -- LIMIT keeps it one probe for each row: the planner takes a page for a tenth of all there are, and would join with all.
    cross join lateral (select d.* from conversation_details d where d.tenant_id = $1 and d.id = p.id limit 1) d
    order by p.last_message_at ${order}, p.id ${order}`;
  return scoreCandidates(tx, request.tenantId, await rowsOf<ListedRow>(tx, statement, values));
}

/** One branch for each index range that can hold rows of the list; no row lies in two of them. */
function branches(
  { filters, visible }: Request,
  page: (more: string[]) => string,
  parameter: (value: unknown) => string,
): string[] {
  const { inboxId, leadId, state } = filters;
  if (isNarrow(filters) && leadId === undefined) {
    return [`(${page(visible === null ? [] : [isVisibleTo(visible, parameter)])})`];
  }
  /** The index of leads is by inbox, too, but not by state. */
  const ofStates = (conditions: string[]) => {
    if (leadId !== undefined) return page(conditions);
    const states = parameter(state === undefined ? STATES : [state]);
    return `select r.* from unnest(${states}::text[]) s (state)
      cross join lateral (${page([...conditions, 'c.state = s.state', BY_ACTIVITY])}) r`;
  };
  if (visible === null && inboxId === undefined) {
    if (leadId === undefined) return [`(${ofStates([])})`];
    return [
      `(select r.* from inboxes i cross join lateral (${page(['c.inbox_id = i.id'])}) r where i.tenant_id = $1)`,
    ];
  }
  const inboxes = visible?.inboxes ?? [];
  const shown =
    inboxId === undefined ? inboxes : visible === null || inboxes.includes(inboxId) ? [inboxId] : [];
  const ofInboxes = `(select q.* from unnest(${parameter(shown)}::uuid[]) i (inbox_id)
    cross join lateral (${ofStates(['c.inbox_id = i.inbox_id'])}) q)`;
  if (visible === null) return [ofInboxes];
  const held = page([heldBy(visible, parameter), `c.inbox_id <> all (${parameter(inboxes)}::uuid[])`]);
  return [ofInboxes, `(${held})`];
}

/** Filters that an index of their own answers. */
export function isNarrow(filters: Filters): boolean {
  return [
    filters.assignedOperatorId,
    filters.customerPhoneNumber,
    filters.labelId,
    filters.leadId,
    filters.externalConversationId,
  ].some((value) => value !== undefined);
}

/** The filters as conditions on `c`. */
export function conditionsOf(filters: Filters, parameter: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  const equals = (column: string, value: string | undefined, type: string) => {
    if (value !== undefined) conditions.push(`c.${column} = ${parameter(value)}::${type}`);
  };
  equals('state', filters.state, 'text');
  equals('inbox_id', filters.inboxId, 'uuid');
  equals('customer_phone_number', filters.customerPhoneNumber, 'text');
  if (filters.customerPhoneNumber !== undefined) conditions.push(BY_CUSTOMER);
  equals('lead_id', filters.leadId, 'uuid');
  equals('external_conversation_id', filters.externalConversationId, 'text');
  if (filters.assignedOperatorId !== undefined) {
    equals('assigned_operator_id', filters.assignedOperatorId, 'uuid');
    // Implied, but only so does the planner see that the index over held conversations fits.
    conditions.push(`c.state = 'ALLOCATED'`);
  }
  if (filters.labelId !== undefined) {
    conditions.push(`c.id = any (array(select a.conversation_id from conversation_labels a
      where a.tenant_id = $1 and a.label_id = ${parameter(filters.labelId)}::uuid))`);
  }
  return conditions;
}
