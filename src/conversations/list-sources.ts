import { STATES, type State } from '../ledger/state-machine.js';
import type { Filters } from './conversation-filters.js';
import {
  conditionsOf,
  leadWithConversations,
  ofNumber,
  type FilterLabels,
  type Parameter,
} from './filter-conditions.js';
import { BY_ACTIVITY, BY_WAITING } from './list-indexes.js';
import { heldBy, isVisibleTo, type Visibility } from './visibility.js';

/** A list, and the order of its index. */
export interface ListRequest {
  filters: Filters;
  labels: FilterLabels;
  /** The conversations with the labels, when they are few; null: they were not looked up, are many, or there is no such filter. */
  labelled: readonly string[] | null;
  /** null: the whole tenant. */
  visible: Visibility | null;
  /** By the last message; or the waiting ones only, by how long they wait. */
  by: 'activity' | 'waiting';
}

/** Part of a list. The parts do not overlap. */
export interface Source {
  /** The rows of the ranges. */
  rows: Rows;
  /** SQL with a row for each range of an index that the part reads. */
  ranges: string;
  /** How many ranges there are. */
  count: number;
  /** Conditions on the rows that an index serves. */
  where: string[];
  /** What each row must fulfil besides. */
  others: string[];
  /** Whether the ranges have the order of the list. Otherwise all their rows are sorted, and they have few. */
  isOrdered: boolean;
  /** Whether there can be more ranges than rows of a page. Then the first row of each is read before. */
  startsWithHeads: boolean;
}

/** Where the rows of ranges are. */
interface Rows {
  /** SQL of a FROM item. It has `c`, the conversation, if there are conditions on it. */
  from: string;
  /** The alias that has the tenant and the time of the list. */
  alias: string;
  /** The column with the conversation. */
  id: string;
}

const CONVERSATIONS: Rows = { from: 'conversations c', alias: 'c', id: 'c.id' };
const LABELLED: Rows = { from: 'conversation_labels a', alias: 'a', id: 'a.conversation_id' };
const LABELLED_CONVERSATIONS: Rows = {
  ...LABELLED,
  from: `${LABELLED.from} cross join lateral (
    select c.* from conversations c where c.tenant_id = $1 and c.id = a.conversation_id offset 0) c`,
};

/** What most sources have in common. */
const UNORDERED = { rows: CONVERSATIONS, isOrdered: false, startsWithHeads: false };
const ORDERED = { ...UNORDERED, isOrdered: true };

/** Whether a filter leaves few conversations, or those of an index of its own. */
export function isNarrow({ filters, labelled }: ListRequest): boolean {
  const { externalConversationId, leadId, customerPhoneNumber, assignedOperatorId, lastOperatorId } = filters;
  const own = [externalConversationId, leadId, customerPhoneNumber, assignedOperatorId, lastOperatorId];
  return labelled !== null || own.some((value) => value !== undefined);
}

/** The inboxes of the labels of a filter; null without one. */
export function inboxesWithLabels({ labels }: Pick<ListRequest, 'labels'>): string[] | null {
  const named = labels.labelId ?? labels.labelName;
  return named === undefined ? null : [...new Set(named.map(({ inboxId }) => inboxId))];
}

const ONE_RANGE = '(select 1) one';

/** Where to read a list: the filter that leaves the fewest rows decides. */
export function sourcesOf(request: ListRequest, parameter: Parameter): Source[] {
  return (
    narrowSources(request, parameter) ?? labelSources(request, parameter) ?? wideSources(request, parameter)
  );
}

/** Where to count a list: no conversation is in two ranges. */
export function countedSourcesOf(request: ListRequest, parameter: Parameter): Source[] {
  return narrowSources(request, parameter) ?? wideSources(request, parameter);
}

/** Filters with an index of their own; null without one. */
function narrowSources(request: ListRequest, parameter: Parameter): Source[] | null {
  const { filters, labels, labelled, visible, by } = request;
  const waiting = by === 'waiting' ? [`c.state is not distinct from 'QUEUED'`] : [];
  const source = (served: (keyof Filters)[], where: string[], more: Partial<Source> = {}): Source => ({
    ranges: ONE_RANGE,
    count: 1,
    where,
    others: [
      ...conditionsOf(filters, labels, parameter, served),
      ...(visible === null ? [] : [isVisibleTo(visible, parameter)]),
      ...waiting,
    ],
    ...UNORDERED,
    ...more,
  });
  if (filters.externalConversationId !== undefined) {
    const thread = `c.external_conversation_id = ${parameter(filters.externalConversationId)}::text`;
    return [source(['externalConversationId'], [thread])];
  }
  if (filters.leadId !== undefined) return sourcesOfLead(request, filters.leadId, parameter);
  if (filters.customerPhoneNumber !== undefined) {
    const [present, former] = ofNumber(filters.customerPhoneNumber, parameter) as [string, string];
    return [
      source(['customerPhoneNumber'], [present], { isOrdered: by === 'activity' }),
      source(['customerPhoneNumber'], [former]),
    ];
  }
  if (filters.assignedOperatorId !== undefined) {
    const held = [`c.assigned_operator_id = o.operator_id`, `c.state = 'ALLOCATED'`];
    const ranges = `unnest(${parameter(filters.assignedOperatorId)}::uuid[]) o (operator_id)`;
    const count = filters.assignedOperatorId.length;
    return [source(['assignedOperatorId'], held, { ranges, count })];
  }
  if (labelled !== null) {
    const served: (keyof Filters)[] = [filters.labelId === undefined ? 'labelName' : 'labelId'];
    return [source(served, [`c.id = any (${parameter(labelled)}::uuid[])`])];
  }
  if (filters.lastOperatorId !== undefined) {
    const resolved = `c.last_operator_id = ${parameter(filters.lastOperatorId)}::uuid`;
    return [source(['lastOperatorId'], [resolved], { isOrdered: by === 'activity' })];
  }
  return null;
}

/** The index of leads starts with the inbox, but has no state. */
function sourcesOfLead(request: ListRequest, leadId: string, parameter: Parameter): Source[] {
  const { filters, labels, by } = request;
  const lead = `c.lead_id = ${leadWithConversations(parameter(leadId))}`;
  const waiting = by === 'waiting' ? [`c.state is not distinct from 'QUEUED'`] : [];
  const inboxes = inboxesOf(request);
  const inInboxes: Source = {
    ...rangesOfInboxes(inboxes, parameter),
    where: ['c.inbox_id = i.inbox_id', lead],
    others: [...conditionsOf(filters, labels, parameter, ['leadId', 'inboxId']), ...waiting],
    ...UNORDERED,
  };
  return [inInboxes, ...heldElsewhere(request, parameter)];
}

/** The filters that are served where the conversations with labels are read. */
const SERVED_WITH_LABELS: readonly (keyof Filters)[] = ['inboxId', 'lastMessageFrom', 'lastMessageTo'];

/** The filter by label that is read in the order of the list; null: none is. */
function filterInOrder({ filters, by }: Pick<ListRequest, 'filters' | 'by'>): 'labelId' | 'labelName' | null {
  // Fewer wait or are held than ever got a label.
  const isOpen = filters.state?.includes('RESOLVED') === false;
  if (by === 'waiting' || isOpen) return null;
  if (filters.labelId !== undefined) return 'labelId';
  return filters.labelName === undefined ? null : 'labelName';
}

/** Whether a list has a filter by label that is read in its order, and no others but those that are served with it. */
export function isOfLabelsOnly(request: Pick<ListRequest, 'filters' | 'by'>): boolean {
  const filter = filterInOrder(request);
  const served = new Set<string>([...SERVED_WITH_LABELS, ...(filter === null ? [] : [filter])]);
  return filter !== null && Object.keys(request.filters).every((name) => served.has(name));
}

/** The conversations with labels, in the order of the list. One with several of the labels is in the range of each. */
function labelSources(request: ListRequest, parameter: Parameter): Source[] | null {
  const { filters, labels } = request;
  const filter = filterInOrder(request);
  if (filter === null) return null;
  const inboxes = inboxesOf(request);
  const read = inboxes === null ? null : new Set(inboxes);
  const ids = (labels[filter] ?? []).filter(({ inboxId }) => read?.has(inboxId) ?? true).map(({ id }) => id);
  const others = conditionsOf(filters, labels, parameter, [filter, ...SERVED_WITH_LABELS]);
  const withLabels: Source = {
    rows: others.length === 0 ? LABELLED : LABELLED_CONVERSATIONS,
    ranges: `unnest(${parameter(ids)}::uuid[]) i (label_id)`,
    count: ids.length,
    where: ['a.label_id = i.label_id', ...activityBounds(filters, parameter, LABELLED)],
    others,
    isOrdered: true,
    startsWithHeads: true,
  };
  return [withLabels, ...heldElsewhere(request, parameter)];
}

/** Everything, read in the order of the list. */
function wideSources(request: ListRequest, parameter: Parameter): Source[] {
  const { filters, labels, by } = request;
  const allowed = inboxesOf(request);
  const inboxes = inboxesWithLabels(request)?.filter((id) => allowed?.includes(id) ?? true) ?? allowed;
  if (by === 'waiting') {
    const others = conditionsOf(filters, labels, parameter, ['state', 'inboxId', 'waitingSinceTo']);
    const before = filters.waitingSinceTo;
    const until = before === undefined ? [] : [`c.waiting_since < ${parameter(before)}::timestamptz`];
    const { ranges, count } = rangesOfInboxes(inboxes, parameter);
    // The index has those that were reported as overdue apart.
    const halves = `(select i.inbox_id, v.is_overdue from ${ranges} cross join (values (false), (true)) v (is_overdue)) i`;
    const where = ['c.inbox_id = i.inbox_id', 'c.is_overdue = i.is_overdue', BY_WAITING, ...until];
    return [{ ...ORDERED, ranges: halves, count: 2 * count, where, others, startsWithHeads: true }];
  }
  const states = statesOf(filters);
  const others = conditionsOf(filters, labels, parameter, [
    'state',
    'inboxId',
    'lastMessageFrom',
    'lastMessageTo',
  ]);
  const ofState = ['c.state = s.state', BY_ACTIVITY, ...activityBounds(filters, parameter)];
  const stateRanges = `unnest(${parameter(states)}::text[]) s (state)`;
  if (inboxes === null)
    return [{ ...ORDERED, ranges: stateRanges, count: states.length, where: ofState, others }];
  const { ranges, count } = rangesOfInboxes(inboxes, parameter);
  const inInboxes: Source = {
    ranges: `${ranges} cross join ${stateRanges}`,
    count: count * states.length,
    where: ['c.inbox_id = i.inbox_id', ...ofState],
    others,
    ...ORDERED,
  };
  return [inInboxes, ...heldElsewhere(request, parameter)];
}

/** What an operator holds in inboxes that they do not see. */
function heldElsewhere({ filters, labels, visible, by }: ListRequest, parameter: Parameter): Source[] {
  if (visible === null || by === 'waiting' || !statesOf(filters).includes('ALLOCATED')) return [];
  const others = [
    `c.inbox_id <> all (${parameter(visible.inboxes)}::uuid[])`,
    ...conditionsOf(filters, labels, parameter),
  ];
  return [{ ...UNORDERED, ranges: ONE_RANGE, count: 1, where: [heldBy(visible, parameter)], others }];
}

/** The inboxes to read; null: all of the tenant. */
function inboxesOf({ filters: { inboxId }, visible }: ListRequest): readonly string[] | null {
  if (visible === null) return inboxId ?? null;
  if (inboxId === undefined) return visible.inboxes;
  const seen = new Set(visible.inboxes);
  return inboxId.filter((id) => seen.has(id));
}

/** Stands for an unknown number of inboxes, so that each one has the share of a page. */
const ALL_INBOXES = 5_000;

function rangesOfInboxes(
  inboxes: readonly string[] | null,
  parameter: Parameter,
): Pick<Source, 'ranges' | 'count'> {
  if (inboxes === null) {
    const ranges = `(select n.id as inbox_id from inboxes n where n.tenant_id = $1) i`;
    return { ranges, count: ALL_INBOXES };
  }
  return { ranges: `unnest(${parameter(inboxes)}::uuid[]) i (inbox_id)`, count: inboxes.length };
}

/** Only RESOLVED conversations have a time of their resolution, and an outcome. */
function statesOf({ state = STATES, outcome, resolvedFrom, resolvedTo }: Filters): readonly State[] {
  const isOfResolved = [outcome, resolvedFrom, resolvedTo].some((value) => value !== undefined);
  return isOfResolved ? state.filter((one) => one === 'RESOLVED') : state;
}

/** How much later than the resolution the last message can be: both are times at which a transaction began. */
const LONGEST_TRANSACTION = '1 day';

function activityBounds(filters: Filters, parameter: Parameter, { alias } = CONVERSATIONS): string[] {
  const { lastMessageFrom, lastMessageTo, resolvedTo } = filters;
  const bounds: string[] = [];
  if (lastMessageFrom !== undefined)
    bounds.push(`${alias}.last_message_at >= ${parameter(lastMessageFrom)}::timestamptz`);
  if (lastMessageTo !== undefined)
    bounds.push(`${alias}.last_message_at < ${parameter(lastMessageTo)}::timestamptz`);
  if (resolvedTo !== undefined)
    bounds.push(
      `${alias}.last_message_at < ${parameter(resolvedTo)}::timestamptz + interval '${LONGEST_TRANSACTION}'`,
    );
  return bounds;
}
