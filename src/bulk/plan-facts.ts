import { sql } from '../database/statement.js';
import type { State } from '../ledger/state-machine.js';
import type { Availability } from '../operators/operator.js';

/** What a plan has to know of a conversation. All but the id is null when there is no such conversation. */
export interface FactsRow {
  id: string;
  version: number | null;
  state: State;
  assigned_operator_id: string | null;
  inbox_id: string;
  boost_minutes: number;
  inbox_is_active: boolean;
  /** Whether it has the label. */
  has_label: boolean;
  /** Whether its holder may take from the inbox to which it would move. */
  may_keep: boolean;
}

/** $1 tenant, $2 conversations, $3 label or null, $4 the inbox to which they would move or null */
export const READ_FACTS = sql`
  select w.id, c.version, c.state, c.assigned_operator_id, c.inbox_id, c.boost_minutes, i.is_active as inbox_is_active,
    a.label_id is not null as has_label, t.auto_subscribe or s.operator_id is not null as may_keep
  from unnest($2::uuid[]) with ordinality as w (id, n)
  join tenants t on t.id = $1
  left join lateral (
    select c.version, c.state, c.assigned_operator_id, c.inbox_id, c.boost_minutes
    from conversations c where c.tenant_id = $1 and c.id = w.id offset 0) c on true
  left join lateral (
    select i.is_active from inboxes i where i.tenant_id = $1 and i.id = c.inbox_id offset 0) i on true
  left join lateral (
    select a.label_id from conversation_labels a
    where a.tenant_id = $1 and a.conversation_id = w.id and a.label_id = $3::uuid offset 0) a on true
  left join lateral (
    select s.operator_id from subscriptions s
    where s.tenant_id = $1 and s.inbox_id = $4::uuid and s.operator_id = c.assigned_operator_id offset 0) s on true
  order by w.n`;

/** An operator among whom conversations are shared out. */
export interface ReceiverRow {
  id: string;
  is_active: boolean;
  availability: Availability;
  max_load: number | null;
  load: number;
}

/** In the order of $2. Who does not exist is missing. */
export const READ_RECEIVERS = sql`
  select o.id, o.is_active, o.availability, o.max_load, h.load
  from unnest($2::uuid[]) with ordinality as w (id, n)
  cross join lateral (
    select o.id, o.is_active, o.availability, o.max_load from operators o
    where o.tenant_id = $1 and o.id = w.id offset 0) o
  cross join lateral (
    select count(*)::integer as load from conversations c
    where c.tenant_id = $1 and c.assigned_operator_id = w.id and c.state = 'ALLOCATED' and not c.is_parked offset 0) h
  order by w.n`;

/** How many more conversations of an inbox an operator may hold by their subscription. */
export interface InboxRoomRow {
  operator_id: string;
  inbox_id: string;
  room: number;
}

/** Where subscriptions have a limit. $1 tenant, $2 operators, $3 inboxes */
export const READ_INBOX_ROOM = sql`
  select s.operator_id, s.inbox_id, s.max_load - h.load as room
  from unnest($2::uuid[]) as o (id)
  cross join unnest($3::uuid[]) as i (id)
  cross join lateral (
    select s.operator_id, s.inbox_id, s.max_load from subscriptions s
    where s.tenant_id = $1 and s.inbox_id = i.id and s.operator_id = o.id and s.max_load is not null offset 0) s
  cross join lateral (
    select count(*)::integer as load from conversations c
    where c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED' and c.inbox_id = i.id
      and not c.is_parked offset 0) h`;
