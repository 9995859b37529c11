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
  /** The conversations with the labels, when they are few; null: many, or there is no filter by label. */
  labelled: readonly string[] | null;
  /** null: the whole tenant. */
  visible: Visibility | null;
  /** By the last message; or the waiting ones only, by how long they wait. */
  by: 'activity' | 'waiting';
}

/** Part of a list. The parts do not overlap. */
export interface Source {
  /** SQL with a row for each range of an index that the part reads. */
  ranges: string;
  /** How many ranges there are. */
  count: number;
  /** Conditions on `c` that an index serves. */
  where: string[];
  /** What each row must fulfil besides. */
  others: string[];
  /** Whether the ranges have the order of the list. Otherwise all their rows are sorted, and they have few. */
  isOrdered: boolean;
}

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
    isOrdered: false,
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
    isOrdered: false,
  };
  return [inInboxes, ...heldElsewhere(request, parameter)];
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
    return [{ ranges: halves, count: 2 * count, where, others, isOrdered: true }];
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
    return [{ ranges: stateRanges, count: states.length, where: ofState, others, isOrdered: true }];
  const { ranges, count } = rangesOfInboxes(inboxes, parameter);
  const inInboxes: Source = {
    ranges: `${ranges} cross join ${stateRanges}`,
    count: count * states.length,
    where: ['c.inbox_id = i.inbox_id', ...ofState],
    others,
    isOrdered: true,
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
  return [{ ranges: ONE_RANGE, count: 1, where: [heldBy(visible, parameter)], others, isOrdered: false }];
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

function activityBounds(filters: Filters, parameter: Parameter): string[] {
  const { lastMessageFrom, lastMessageTo, resolvedTo } = filters;
  const bounds: string[] = [];
  if (lastMessageFrom !== undefined)
    bounds.push(`c.last_message_at >= ${parameter(lastMessageFrom)}::timestamptz`);
  if (lastMessageTo !== undefined)
    bounds.push(`c.last_message_at < ${parameter(lastMessageTo)}::timestamptz`);
  if (resolvedTo !== undefined)
    bounds.push(
      `c.last_message_at < ${parameter(resolvedTo)}::timestamptz + interval '${LONGEST_TRANSACTION}'`,
    );
  return bounds;
}
