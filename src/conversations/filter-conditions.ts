import { matchKey } from '../customers/match-key.js';
import type { Filters } from './conversation-filters.js';

export type Parameter = (value: unknown) => string;

/** A label that a filter names. */
export interface NamedLabel {
  id: string;
  inboxId: string;
}

/** The labels of the filters; undefined without the filter. */
export interface FilterLabels {
  labelId?: readonly NamedLabel[] | undefined;
  labelName?: readonly NamedLabel[] | undefined;
}

/**
 * The filters as SQL conditions on `c`, which are true or not for each row, never unknown.
 * @param served the filters that the source of the rows has applied already
 */
export function conditionsOf(
  filters: Filters,
  labels: FilterLabels,
  parameter: Parameter,
  served: readonly (keyof Filters)[] = [],
): string[] {
  const conditions: string[] = [];
  const add = <Name extends keyof Filters>(
    name: Name,
    condition: (value: NonNullable<Filters[Name]>) => string,
  ) => {
    const value = filters[name];
    if (value !== undefined && !served.includes(name)) conditions.push(condition(value));
  };
  add('state', (states) => `(c.state = any (${parameter(states)}::text[])) is true`);
  // What was resolved before there were outcomes has none.
  add(
    'outcome',
    (outcomes) =>
      `(c.state is not distinct from 'RESOLVED' and coalesce(c.outcome, 'HANDLED') = any (${parameter(outcomes)}::text[]))`,
  );
  add('inboxId', (ids) => `c.inbox_id = any (${parameter(ids)}::uuid[])`);
  add('assignedOperatorId', (ids) => `(c.assigned_operator_id = any (${parameter(ids)}::uuid[])) is true`);
  add('lastOperatorId', (id) => `(c.last_operator_id = ${parameter(id)}::uuid) is true`);
  add('customerPhoneNumber', (number) => `(${ofNumber(number, parameter).join(' or ')}) is true`);
  add('leadId', (id) => `(c.lead_id = ${leadWithConversations(parameter(id))}) is true`);
  add('externalConversationId', (id) => `(c.external_conversation_id = ${parameter(id)}::text) is true`);
  add('createdFrom', (time) => `c.created_at >= ${parameter(time)}::timestamptz`);
  add('createdTo', (time) => `c.created_at < ${parameter(time)}::timestamptz`);
  add('resolvedFrom', (time) => `(c.resolved_at >= ${parameter(time)}::timestamptz) is true`);
  add('resolvedTo', (time) => `(c.resolved_at < ${parameter(time)}::timestamptz) is true`);
  add('lastMessageFrom', (time) => `c.last_message_at >= ${parameter(time)}::timestamptz`);
  add('lastMessageTo', (time) => `c.last_message_at < ${parameter(time)}::timestamptz`);
  add('waitingSinceTo', (time) => `c.waiting_since < ${parameter(time)}::timestamptz`);
  for (const name of ['labelId', 'labelName'] as const)
    add(name, () => hasLabel(parameter((labels[name] ?? []).map(({ id }) => id))));
  return conditions;
}

/** One probe per row. A join could read all conversations with the labels, and so could an index by label. */
function hasLabel(labels: string): string {
  return `(select true from conversation_labels a
    where a.tenant_id = $1 and a.conversation_id = c.id and (a.label_id = any (${labels}::uuid[])) is true
    limit 1) is true`;
}

/**
 * Conversations of a number, as conditions that exclude each other: the number is the customer's present one in any of
 * its forms, or a former one. Each is read by an index of its own.
 */
export function ofNumber(number: string, parameter: Parameter): string[] {
  const key = `${parameter(matchKey(number))}::text`;
  return [
    `c.phone_key = ${key}`,
    `(c.phone_key is distinct from ${key} and c.id = any (array(
      select f.conversation_id from former_phone_keys f where f.tenant_id = $1 and f.phone_key = ${key})))`,
  ];
}

/** A lead that was merged stands for the one that has its conversations now. The subquery runs once. */
export function leadWithConversations(leadId: string): string {
  return `(select case when l.is_merging then l.id else current_lead($1, l.id) end
    from leads l where l.tenant_id = $1 and l.id = ${leadId}::uuid)`;
}
