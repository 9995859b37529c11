import type { Transaction } from '../database/database.js';
import { named, rowsOf, sql } from '../database/statement.js';
import { matchKey } from '../customers/match-key.js';
import type { ConversationRow } from './conversation.js';
import { scoreCandidates } from './score-candidates.js';
import { BY_ACTIVITY } from './list-indexes.js';
import { STATES, type State } from '../ledger/state-machine.js';
import { heldBy, isVisibleTo, type Visibility } from './visibility.js';

/** The filters of a list of conversations. A filter that is not set has no effect. */
export interface Filters {
  state?: State | undefined;
  inboxId?: string | undefined;
  assignedOperatorId?: string | undefined;
  lastOperatorId?: string | undefined;
  customerPhoneNumber?: string | undefined;
  labelId?: string | undefined;
  leadId?: string | undefined;
  externalConversationId?: string | undefined;
}

export interface ListedRow extends ConversationRow {
  /** lastMessageAt with all its digits, because a JavaScript date drops the microseconds. */
  position: string;
}

export interface ActivityRequest {
  tenantId: string;
  filters: Filters;
  /** null: the whole tenant. */
  visible: Visibility | null;
  newestFirst: boolean;
  /** The last row of the previous page. */
  after: { position: string; id: string } | null;
  limit: number;
}

/**
 * A page in the order of activity. Each branch reads an index in this order and stops after `limit` rows. With a label
 * it skips conversations without it, see branchesOfLabel.
 */
export async function listByActivity(tx: Transaction, request: ActivityRequest): Promise<ListedRow[]> {
  const values: unknown[] = [request.tenantId, request.limit];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const order = request.newestFirst ? 'desc' : 'asc';
  const isOfLabel = isOnlyOfLabel(request.filters);
  const { customerPhoneNumber } = request.filters;
  const ofCustomer = request.filters.leadId === undefined ? customerPhoneNumber : undefined;
  const conditions = conditionsOf(
    {
      ...request.filters,
      labelId: isOfLabel ? undefined : request.filters.labelId,
      customerPhoneNumber: ofCustomer === undefined ? customerPhoneNumber : undefined,
    },
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
    -- LIMIT makes this one probe per row. The planner expects a page to be a tenth of the table, and would join all rows.
    cross join lateral (select d.* from conversation_details d where d.tenant_id = $1 and d.id = p.id limit 1) d
    order by p.last_message_at ${order}, p.id ${order}`;
  const rows = await rowsOf<ListedRow>(tx, named(isCommon(request.filters), statement), values);
  return scoreCandidates(tx, request.tenantId, rows);
}

/** One branch per index range of the list. The ranges do not overlap. */
function branches(
  { filters, visible }: ActivityRequest,
  page: (more: string[]) => string,
  parameter: (value: unknown) => string,
): string[] {
  const { inboxId, leadId, state, labelId } = filters;
  if (labelId !== undefined && isOnlyOfLabel(filters))
    return branchesOfLabel(labelId, visible, page, parameter);
  if (isNarrow(filters) && leadId === undefined) {
    const seen = visible === null ? [] : [isVisibleTo(visible, parameter)];
    const { customerPhoneNumber } = filters;
    if (customerPhoneNumber === undefined) return [`(${page(seen)})`];
    return ofNumber(customerPhoneNumber, parameter).map((number) => `(${page([...seen, number])})`);
  }
  /** The index of leads starts with the inbox, but has no state. */
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

/** The most conversations of a label that are sorted. With more, the index of the inbox is read in order. */
export const FEW_LABELLED = 1_000;

/**
 * The branches for a label, whose conversations are all in one inbox. Either the label is rare and its conversations
 * are sorted, or it is common enough that reading the inbox in order soon fills a page. Only one branch runs.
 */
function branchesOfLabel(
  labelId: string,
  visible: Visibility | null,
  page: (more: string[]) => string,
  parameter: (value: unknown) => string,
): string[] {
  const label = existing(parameter(labelId));
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

/** The label of this id, or null when it was deleted: its attachments are deleted later. */
export function existing(labelId: string): string {
  return `(select e.id from labels e where e.tenant_id = $1 and e.id = ${labelId}::uuid and e.deleted_at is null)`;
}

export function idsOfLabel(label: string): string {
  return `select a.conversation_id from conversation_labels a where a.tenant_id = $1 and a.label_id = ${label}`;
}

/** One probe per row. A join could read all conversations with the label. */
function hasLabel(label: string): string {
  return `(select true from conversation_labels a
    where a.tenant_id = $1 and a.conversation_id = c.id and a.label_id = ${label})`;
}

/**
 * Conversations of a number, as conditions that exclude each other: the number is the customer's present one in any of
 * its forms, or a former one. Each is read by an index of its own.
 */
export function ofNumber(number: string, parameter: (value: unknown) => string): string[] {
  const key = `${parameter(matchKey(number))}::text`;
  return [
    `c.phone_key = ${key}`,
    `(c.phone_key is distinct from ${key} and c.id = any (array(
      select f.conversation_id from former_phone_keys f where f.tenant_id = $1 and f.phone_key = ${key})))`,
  ];
}

/** Whether no other filter leaves few rows. */
export function isOnlyOfLabel(filters: Filters): boolean {
  return filters.labelId !== undefined && !isNarrow({ ...filters, labelId: undefined });
}

/**
 * Whether a list has at most one filter, or a state and an inbox. Other combinations are rare and many, so they have
 * no named statement.
 */
export function isCommon({ state, ...others }: Filters): boolean {
  const given = Object.keys(others);
  return given.length === 0 || (given.length === 1 && (state === undefined || given[0] === 'inboxId'));
}

/** Whether an index of its own serves the filters. */
export function isNarrow(filters: Filters): boolean {
  return [
    filters.assignedOperatorId,
    filters.lastOperatorId,
    filters.customerPhoneNumber,
    filters.labelId,
    filters.leadId,
    filters.externalConversationId,
  ].some((value) => value !== undefined);
}

/** A lead that was merged stands for the one that has its conversations now. The subquery runs once. */
function leadWithConversations(leadId: string): string {
  return `(select case when l.is_merging then l.id else current_lead($1, l.id) end
    from leads l where l.tenant_id = $1 and l.id = ${leadId}::uuid)`;
}

/** The filters as SQL conditions on `c`. */
export function conditionsOf(filters: Filters, parameter: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  const equals = (column: string, value: string | undefined, type: string) => {
    if (value !== undefined) conditions.push(`c.${column} = ${parameter(value)}::${type}`);
  };
  equals('state', filters.state, 'text');
  equals('inbox_id', filters.inboxId, 'uuid');
  equals('last_operator_id', filters.lastOperatorId, 'uuid');
  if (filters.customerPhoneNumber !== undefined)
    conditions.push(`(${ofNumber(filters.customerPhoneNumber, parameter).join(' or ')})`);
  if (filters.leadId !== undefined)
    conditions.push(`c.lead_id = ${leadWithConversations(parameter(filters.leadId))}`);
  equals('external_conversation_id', filters.externalConversationId, 'text');
  if (filters.assignedOperatorId !== undefined) {
    equals('assigned_operator_id', filters.assignedOperatorId, 'uuid');
    // Redundant, but without it the planner does not use the index of held conversations.
    conditions.push(`c.state = 'ALLOCATED'`);
  }
  if (filters.labelId !== undefined) {
    const label = existing(parameter(filters.labelId));
    // As the only filter, the label is looked up by its keys. Otherwise the rows that the other filters leave are
    // checked one by one.
    conditions.push(isOnlyOfLabel(filters) ? `c.id = any (array(${idsOfLabel(label)}))` : hasLabel(label));
  }
  return conditions;
}
