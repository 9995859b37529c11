import type { Transaction } from '../database/database.js';
import { named, rowsOf, sql } from '../database/statement.js';
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

export interface ActivityRequest {
  tenantId: string;
  filters: Filters;
  /** null: the whole tenant. */
  visible: Visibility | null;
  newestFirst: boolean;
  /** The last row of the page before. */
  after: { position: string; id: string } | null;
  limit: number;
}

/**
 * A page by activity. Every branch reads from an index that has its rows in order already, and stops after `limit` of them.
 * With a label it passes over those that lack it, see branchesOfLabel.
 */
export async function listByActivity(tx: Transaction, request: ActivityRequest): Promise<ListedRow[]> {
  const values: unknown[] = [request.tenantId, request.limit];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const order = request.newestFirst ? 'desc' : 'asc';
  const isOfLabel = isOnlyOfLabel(request.filters);
  const conditions = conditionsOf(
    isOfLabel ? { ...request.filters, labelId: undefined } : request.filters,
    parameter,
  );
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
  const rows = await rowsOf<ListedRow>(tx, named(isCommon(request.filters), statement), values);
  return scoreCandidates(tx, request.tenantId, rows);
}

/** One branch for each index range that can hold rows of the list; no row lies in two of them. */
function branches(
  { filters, visible }: ActivityRequest,
  page: (more: string[]) => string,
  parameter: (value: unknown) => string,
): string[] {
  const { inboxId, leadId, state, labelId } = filters;
  if (labelId !== undefined && isOnlyOfLabel(filters))
    return branchesOfLabel(labelId, visible, page, parameter);
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

/** So many conversations are put in order at most; of a label that more have, they are found in the order of the inbox. */
const FEW_LABELLED = 1_000;

/**
 * Those of a label, which all lie in its inbox. Either the label has few, or so many that in the order of the inbox a page
 * of them is found soon. Only one of the branches runs.
 */
function branchesOfLabel(
  labelId: string,
  visible: Visibility | null,
  page: (more: string[]) => string,
  parameter: (value: unknown) => string,
): string[] {
  const label = `${parameter(labelId)}::uuid`;
  const few = `array(${idsOfLabel(label)} limit ${FEW_LABELLED + 1})`;
  const inbox = `(select l.inbox_id from labels l where l.tenant_id = $1 and l.id = ${label})`;
  const seen = visible === null ? [] : [isVisibleTo(visible, parameter)];
  const inboxIsSeen = visible === null ? 'true' : `${inbox} = any (${parameter(visible.inboxes)}::uuid[])`;
  const branches = [
    `(select r.* from (select ${few} as ids) f
      cross join lateral (${page(['c.id = any (f.ids)', ...seen])}) r
      where cardinality(f.ids) <= ${FEW_LABELLED})`,
    `(select r.* from (select ${few} as ids, ${inbox} as inbox_id) f
      cross join unnest(${parameter(STATES)}::text[]) s (state)
      cross join lateral (${page([`c.inbox_id = f.inbox_id`, 'c.state = s.state', BY_ACTIVITY, hasLabel(label)])}) r
      where cardinality(f.ids) > ${FEW_LABELLED} and ${inboxIsSeen})`,
  ];
  if (visible === null) return branches;
  const elsewhere = `c.inbox_id <> all (${parameter(visible.inboxes)}::uuid[])`;
  const held = page([heldBy(visible, parameter), elsewhere, hasLabel(label)]);
  return [
    ...branches,
    `(select r.* from (select ${few} as ids) f cross join lateral (${held}) r where cardinality(f.ids) > ${FEW_LABELLED})`,
  ];
}

function idsOfLabel(label: string): string {
  return `select a.conversation_id from conversation_labels a where a.tenant_id = $1 and a.label_id = ${label}`;
}

/** A probe for each row: a join might read all that have the label. */
function hasLabel(label: string): string {
  return `(select true from conversation_labels a
    where a.tenant_id = $1 and a.conversation_id = c.id and a.label_id = ${label})`;
}

/** No other filter leaves few. */
function isOnlyOfLabel(filters: Filters): boolean {
  return filters.labelId !== undefined && !isNarrow({ ...filters, labelId: undefined });
}

/** One filter, or a state in an inbox. What combines more is rare, and there are a hundred ways to. */
export function isCommon({ state, ...others }: Filters): boolean {
  const given = Object.keys(others);
  return given.length === 0 || (given.length === 1 && (state === undefined || given[0] === 'inboxId'));
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
    const label = `${parameter(filters.labelId)}::uuid`;
    // Alone it is found by its keys, however many have it; what another filter leaves is looked up one by one.
    conditions.push(isOnlyOfLabel(filters) ? `c.id = any (array(${idsOfLabel(label)}))` : hasLabel(label));
  }
  return conditions;
}
