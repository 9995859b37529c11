import type { TestApplication } from './application.js';
import type { World } from './world.js';

/** What a supervisor of a large company looks at. */
export interface BoardSize {
  inboxes: number;
  operators: number;
  waiting: number;
  held: number;
  /** Those that arrived, were given and were resolved in the last hour. */
  lately: number;
}

/** Fills a tenant without the service, and folds its ledger. Every other inbox has a target, which every other wait passes. */
export async function fillBoard(app: TestApplication, { tenantId }: World, size: BoardSize): Promise<void> {
  const { owner } = app.database;
  // Foreign keys are right by themselves, and checking them takes longer than the rest.
  await owner.query('set session_replication_role = replica');
  for (const text of [PLACES(tenantId, size), CONVERSATIONS(tenantId), LEDGER(tenantId)])
    await owner.query(text);
  await owner.query('set session_replication_role = origin');
  await owner.query('analyze');
  for (let folded = 1; folded > 0;) {
    const [row] = await app.database.rows<{ entries: number }>('select fold_activity($1, 5000) as entries', [
      tenantId,
    ]);
    folded = row!.entries;
  }
  await owner.query('drop table place');
  await owner.query('vacuum (analyze)');
}

/** The ids follow from the numbers, so that nothing is joined to find them. */
const idOf = (kind: number, n: string) =>
  `('0000000${kind}-0000-7000-8000-' || lpad(to_hex((${n})::bigint), 12, '0'))::uuid`;

const PLACES = (tenantId: string, { inboxes, operators, waiting, held, lately }: BoardSize) => `
  insert into inboxes (tenant_id, id, name, wait_target_seconds)
  select '${tenantId}', ${idOf(1, 'n')}, 'Inbox ' || n, case n % 2 when 0 then 1800 end
  from generate_series(0, ${inboxes - 1}) n;
  insert into operators (tenant_id, id, name, role, max_load, availability)
  select '${tenantId}', ${idOf(2, 'n')}, 'Operator ' || n, 'OPERATOR', 8,
    case n % 4 when 0 then 'OFFLINE' when 1 then 'PAUSED' else 'AVAILABLE' end
  from generate_series(0, ${operators - 1}) n;
  insert into subscriptions (tenant_id, inbox_id, operator_id)
  select '${tenantId}', ${idOf(1, `(n * 7 + s * 11) % ${inboxes}`)}, ${idOf(2, 'n')}
  from generate_series(0, ${operators - 1}) n cross join generate_series(0, 2) s;
  create temporary table place as
  select n, ${idOf(3, 'n')} as id, ${idOf(4, 'n')} as event_id, ${idOf(1, `n % ${inboxes}`)} as inbox_id,
    ${idOf(2, `n % ${operators}`)} as operator_id,
    case when n <= ${waiting} then 'QUEUED' when n <= ${waiting + held} then 'ALLOCATED' else 'RESOLVED' end as state,
    now() - (n * 37 % 3600) * interval '1 second' as at
  from generate_series(1, ${waiting + held + lately}) n;
  analyze place, inboxes, operators, subscriptions`;

/** The waits of what waits are up to an hour long; those of what was given up to 20 minutes. */
const CONVERSATIONS = (tenantId: string) => `
  insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, customer_phone_number,
    phone_key, display_name, state, assigned_operator_id, message_count, waiting_message_count, last_message_at,
    waiting_since, basis_at, saturated, queue_key, version, last_event_id, resolved_at, last_resolved_at)
  select '${tenantId}', p.id, p.inbox_id, p.inbox_id, 'board-' || p.n, '+4915' || lpad(p.n::text, 8, '0'),
    '+4915' || lpad(p.n::text, 8, '0'), 'Customer ' || p.n, p.state, case p.state when 'ALLOCATED' then p.operator_id end,
    1, 1, p.at, p.at, q.basis_at, q.saturated, q.queue_key, case p.state when 'QUEUED' then 1 when 'ALLOCATED' then 2 else 3 end,
    p.event_id, case p.state when 'RESOLVED' then now() end, case p.state when 'RESOLVED' then now() end
  from place p
  join queue_settings t on t.tenant_id = '${tenantId}'
  left join lateral queue_position(t.settings, 1, 0, p.at, p.at) q on p.state = 'QUEUED'
  order by p.at`;

/** What waits arrived a day ago as far as the ledger knows, so that all of it is not of the last hour. */
const LEDGER = (tenantId: string) => `
  with entry as (
    insert into conversation_events (tenant_id, id, type, occurred_at, conversation_id, inbox_id,
      external_conversation_id, version, actor_type, reason, from_state, from_operator_id, from_inbox_id, to_state,
      to_operator_id, to_inbox_id, waiting_since)
    select '${tenantId}', case when e.to_state = p.state then p.event_id else gen_random_uuid() end, e.type,
      case p.state when 'RESOLVED' then p.at + (e.version - 1) * (p.n % 1200) * interval '0.01 seconds'
        else p.at - interval '1 day' end,
      p.id, p.inbox_id, 'board-' || p.n, e.version, 'SYSTEM', 'Made for a test', e.from_state,
      case e.from_state when 'ALLOCATED' then p.operator_id end,
      case when e.from_state is not null then p.inbox_id end, e.to_state,
      case e.to_state when 'ALLOCATED' then p.operator_id end, p.inbox_id,
      case e.from_state when 'QUEUED' then p.at - (p.n % 1200) * interval '1 second' end
    from place p
    join (values (1, 'conversation.created', null, 'QUEUED'), (2, 'conversation.claimed', 'QUEUED', 'ALLOCATED'),
      (3, 'conversation.resolved', 'ALLOCATED', 'RESOLVED')) e (version, type, from_state, to_state)
      on e.version <= case p.state when 'QUEUED' then 1 when 'ALLOCATED' then 2 else 3 end
    order by p.at
    returning id, occurred_at, version)
  insert into feed_positions (tenant_id, position, event_id)
  select '${tenantId}', coalesce((select max(p.position) from feed_positions p where p.tenant_id = '${tenantId}'), 0)
    + row_number() over (order by n.occurred_at, n.version, n.id), n.id
  from entry n`;
