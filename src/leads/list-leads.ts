import { heldBy, isVisibleTo, type Visibility } from '../conversations/visibility.js';
import { matchKey } from '../customers/match-key.js';
import type { Transaction } from '../database/database.js';
import { named, rowsOf, sql } from '../database/statement.js';
import { countRows, MAX_TOTAL, mostLookedAt, totalOf, type Looked, type Total } from '../http/total.js';
import { LEAD_COLUMNS, type Lead } from './lead.js';

/** The filters of a list of leads. A filter that is not set has no effect. */
export interface LeadFilters {
  /** As readNumber returns it; compared by its key. */
  phone?: string | undefined;
  /** Compared case-insensitively. */
  email?: string | undefined;
  externalId?: string | undefined;
}

interface Request {
  tenantId: string;
  filters: LeadFilters;
  /** null: the whole tenant; otherwise the leads of visible conversations. */
  visible: Visibility | null;
  /** The id of the last lead of the previous page. */
  after: string | null;
  limit: number;
}

/**
 * A page of leads, newest first, which is the order of their ids. Each filter starts at a narrow index. The array
 * keeps the planner from a join that could read all leads of the tenant.
 */
export function listLeads(tx: Transaction, request: Request): Promise<Lead[]> {
  const { tenantId, filters, visible, after, limit } = request;
  const values: unknown[] = [tenantId, limit];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const position = after === null ? null : `${parameter(after)}::uuid`;
  const before = (id: string) => (position === null ? '' : `and ${id} < ${position}`);
  const shown =
    visible !== null && !isFiltered(filters)
      ? [`l.id = any (array(${newestVisible(visible, parameter, before)}))`, `(${IS_KEPT}) is not false`]
      : conditionsOf(request, parameter, before);
  const statement = sql`
    select ${LEAD_COLUMNS} from leads l
    where ${['l.tenant_id = $1', ...shown].join(' and ')} ${before('l.id')}
    order by l.id desc limit $2`;
  const isCommon = Object.keys(filters).length <= 1;
  return rowsOf<Lead>(tx, named(isCommon, statement), values);
}

const isFiltered = (filters: LeadFilters) => Object.values(filters).some((value) => value !== undefined);

/** How many leads a list has, by the same indexes. */
export async function countLeads(tx: Transaction, request: Omit<Request, 'after' | 'limit'>): Promise<Total> {
  const { tenantId, filters, visible } = request;
  const values: unknown[] = [tenantId];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  if (visible === null || isFiltered(filters)) {
    const conditions = ['l.tenant_id = $1', ...conditionsOf(request, parameter, () => '')];
    const rows = sql`
      select true as is_found from leads l where ${conditions.join(' and ')} order by l.id desc`;
    return countRows(tx, rows, values);
  }
  const most = mostLookedAt(true);
  const limit = `${parameter(most + 1)}::integer`;
  const statement = sql`
    with looked as materialized (
      select r.lead_id from (${visibleLeads(visible, parameter, limit)}) r limit ${limit}
    )
    select (select count(*)::integer from looked) as looked_at, count(*)::integer as found
    from (
      select 1 from (select distinct k.lead_id from looked k) k
      cross join lateral (
        select l.merged_into_id, l.erased_at from leads l where l.tenant_id = $1 and l.id = k.lead_id offset 0) l
      where ${IS_KEPT}
      limit ${String(MAX_TOTAL + 1)}) f`;
  const [looked] = await rowsOf<Looked>(tx, statement, values);
  return totalOf(looked, most);
}

/** The leads of visible conversations, a row for each conversation. It reads an inbox only if those before had few. */
function visibleLeads(visible: Visibility, parameter: Parameter, limit: string): string {
  return `(
    select c.lead_id from unnest(${parameter(visible.inboxes)}::uuid[]) i (inbox_id)
    cross join lateral (
      select c.lead_id from conversations c
      where c.tenant_id = $1 and c.inbox_id = i.inbox_id and c.lead_id is not null
      order by c.lead_id desc limit ${limit}) c)
    union all
    ${leadsOfHeld(visible, parameter)}`;
}

/** The filters, and that the leads are visible: all are, or few are left to be looked at. */
function conditionsOf(
  { filters, visible }: Pick<Request, 'filters' | 'visible'>,
  parameter: Parameter,
  before: Before,
): string[] {
  const conditions: string[] = [];
  if (filters.email !== undefined)
    conditions.push(`l.email_lower = lower(${parameter(filters.email)}::text)`);
  if (filters.externalId !== undefined)
    conditions.push(`l.id = (
      select k.lead_id from lead_keys k
      where k.tenant_id = $1 and k.kind = 'ID' and k.key = ${parameter(filters.externalId)}::text)`);
  if (filters.phone !== undefined)
    conditions.push(`l.id = any (array(${reachedAt(filters.phone, visible, parameter, before)}))`);
  if (visible !== null) conditions.push(isVisible(visible, parameter));
  // Only a list without conditions reads the index of leads that are kept.
  conditions.push(conditions.length === 0 ? IS_KEPT : `(${IS_KEPT}) is not false`);
  return conditions;
}

/** Neither merged into another one nor erased. */
const IS_KEPT = 'l.merged_into_id is null and l.erased_at is null';

type Parameter = (value: unknown) => string;
type Before = (id: string) => string;

/**
 * Leads with this phone number, and leads who wrote from it. An OPERATOR must not learn numbers from inboxes that they
 * do not see. OFFSET 0 as in leadsOfHeld.
 */
function reachedAt(phone: string, visible: Visibility | null, parameter: Parameter, before: Before): string {
  const key = `${parameter(matchKey(phone))}::text`;
  const seen = visible === null ? '' : `and ${isVisibleTo(visible, parameter)}`;
  return `
    select p.id from leads p where p.tenant_id = $1 and p.phone_key = ${key} ${before('p.id')}
    union
    select r.lead_id from (
      select c.lead_id from conversations c
      where c.tenant_id = $1 and c.phone_key = ${key} ${seen} offset 0) r
    where r.lead_id is not null ${before('r.lead_id')}`;
}

/**
 * For the few leads that a filter leaves. LIMIT and OFFSET force one index probe per lead and inbox; otherwise the
 * planner could read all visible leads. Held conversations are read once.
 */
function isVisible(visible: Visibility, parameter: Parameter): string {
  return `(exists (
      select 1 from unnest(${parameter(visible.inboxes)}::uuid[]) i (inbox_id)
      cross join lateral (
        select 1 from conversations c where c.tenant_id = $1 and c.inbox_id = i.inbox_id and c.lead_id = l.id limit 1) seen
      offset 0)
    or l.id in (${leadsOfHeld(visible, parameter)}))`;
}

/**
 * A page of the visible leads without a filter. It reads at most a page per inbox, however many leads there are, and
 * all conversations that the operator holds, which are few.
 */
function newestVisible(visible: Visibility, parameter: Parameter, before: Before): string {
  return `
    select s.lead_id from (
      select r.lead_id
      from unnest(${parameter(visible.inboxes)}::uuid[]) i (inbox_id)
      cross join lateral (
        select distinct c.lead_id from conversations c
        where c.tenant_id = $1 and c.inbox_id = i.inbox_id and c.lead_id is not null ${before('c.lead_id')}
        order by c.lead_id desc limit $2) r
      union
      ${leadsOfHeld(visible, parameter)} ${before('h.lead_id')}) s
    order by s.lead_id desc limit $2`;
}

/** OFFSET 0 keeps the planner from the index by lead: an operator holds few conversations, but many have a lead. */
function leadsOfHeld(visible: Visibility, parameter: Parameter): string {
  return `select h.lead_id from (
      select c.lead_id from conversations c where c.tenant_id = $1 and ${heldBy(visible, parameter)} offset 0) h
    where h.lead_id is not null`;
}
