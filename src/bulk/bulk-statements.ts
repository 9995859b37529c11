import { sql } from '../database/statement.js';
import type { State } from '../ledger/state-machine.js';
import type { BulkAction } from './bulk-requests.js';

export const BULK_STATUSES = ['PLANNED', 'RUNNING', 'DONE', 'CANCELLED'] as const;
export type BulkStatus = (typeof BULK_STATUSES)[number];

/** $1 tenant, $2 id, $3 action, $4 reason, $5 minutes until it expires */
export const INSERT_PLAN = sql`
  insert into bulk_plans (tenant_id, id, action, reason, expires_at)
  values ($1, $2, $3, $4, now() + $5::integer * interval '1 minute')`;

/** Plans that can still be run. $1 tenant, $2 the most to count */
export const COUNT_OPEN_PLANS = sql`
  select count(*)::integer as open from (
    select 1 from bulk_plans p where p.tenant_id = $1 and p.status = 'PLANNED' and p.expires_at > now() limit $2) p`;

/** $1 tenant, $2 plan; the arrays correspond by position: conversation, version, what would become of it, refusal */
export const INSERT_ITEMS = sql`
  insert into bulk_items (tenant_id, plan_id, position, conversation_id, version, to_state, to_operator_id, to_inbox_id,
    changes, outcome, refusal)
  select $1, $2, i.n, i.conversation_id, i.version, i.to_state, i.to_operator_id, i.to_inbox_id, i.changes,
    case when i.refusal is not null then 'REFUSED' end, i.refusal
  from unnest($3::uuid[], $4::integer[], $5::text[], $6::uuid[], $7::uuid[], $8::boolean[], $9::text[]) with ordinality
    as i (conversation_id, version, to_state, to_operator_id, to_inbox_id, changes, refusal, n)`;

export interface PlanRow {
  id: string;
  action: BulkAction;
  reason: string | null;
  status: BulkStatus;
  created_at: Date;
  expires_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
}

export const READ_PLAN = sql`
  select p.id, p.action, p.reason, p.status, p.created_at, p.expires_at, p.started_at, p.ended_at
  from bulk_plans p where p.tenant_id = $1 and p.id = $2`;

export interface ItemRow {
  conversation_id: string;
  version: number | null;
  to_state: State | null;
  to_operator_id: string | null;
  to_inbox_id: string | null;
  changes: boolean | null;
  outcome: 'DONE' | 'REFUSED' | null;
  refusal: string | null;
}

export const READ_ITEMS = sql`
  select i.conversation_id, i.version, i.to_state, i.to_operator_id, i.to_inbox_id, i.changes, i.outcome, i.refusal
  from bulk_items i where i.tenant_id = $1 and i.plan_id = $2
  order by i.position`;

/** $1 tenant, $2 plan, $3 and $4 actor, $5 right. The function start_bulk does the work. */
export const START_BULK = sql`select refusal, running_id from start_bulk($1, $2, $3, $4, $5)`;

/** A plan that is over stays as it is. */
export const CANCEL_PLAN = sql`
  update bulk_plans p set status = 'CANCELLED', ended_at = now()
  where p.tenant_id = $1 and p.id = $2 and p.status in ('PLANNED', 'RUNNING')`;

export interface TakenItem {
  plan_id: string;
  action: BulkAction;
  reason: string | null;
  run_by_type: string;
  run_by_id: string;
  run_by_right: string;
  item_position: number;
  conversation_id: string;
  version: number;
  to_operator_id: string | null;
}

/** The function take_bulk_item does the work. */
export const TAKE_ITEM = sql`
  select plan_id, action, reason, run_by_type, run_by_id, run_by_right, item_position, conversation_id, version,
    to_operator_id
  from take_bulk_item($1)`;

/** $1 tenant, $2 plan, $3 position, $4 refusal or null */
export const FINISH_ITEM = sql`
  update bulk_items i set outcome = case when $4::text is null then 'DONE' else 'REFUSED' end, refusal = $4
  where i.tenant_id = $1 and i.plan_id = $2 and i.position = $3`;
