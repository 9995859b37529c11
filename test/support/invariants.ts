import type { TestDatabase } from './database.js';

/** Each finds the rows that break an invariant of the product, in all tenants. */
const BREACHES: Record<string, string> = {
  'a conversation has an operator exactly when it is ALLOCATED, and resolvedAt exactly when RESOLVED': `
    select id, state, assigned_operator_id, resolved_at from conversations
    where (assigned_operator_id is not null) <> (state = 'ALLOCATED') or (resolved_at is not null) <> (state = 'RESOLVED')`,
  'a conversation stands in line exactly when it is QUEUED': `
    select id, state, queue_key, basis_at, saturated from conversations
    where num_nulls(queue_key, basis_at, saturated) <> case state when 'QUEUED' then 0 else 3 end`,
  // Not even a later sweep can tell these apart from those that stand where they belong.
  'a waiting conversation stands where the settings put it': `
    select c.id, c.message_count, c.saturated, c.queue_key, c.basis_at from conversations c
    join tenants t on t.id = c.tenant_id
    where c.state = 'QUEUED' and (
      c.basis_at <> case t.delay_basis when 'LAST_MESSAGE' then c.last_message_at else c.waiting_since end
      or c.queue_key <> queue_bonus(t, c.message_count) - case when c.saturated then 0 else epoch_microseconds(c.basis_at) end
      or c.saturated and epoch_microseconds(now()) - epoch_microseconds(c.basis_at) < queue_cap(t))`,
  'nobody holds more than their maxLoad': `
    select o.id, o.max_load, count(*)::integer as load
    from operators o
    join conversations c on c.tenant_id = o.tenant_id and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
    group by o.tenant_id, o.id
    having count(*) > o.max_load`,
  'the ledger has the versions 1 to the last of every conversation, each once': `
    select c.id, c.version, array_agg(e.version order by e.version) as entries
    from conversations c
    left join conversation_events e on e.tenant_id = c.tenant_id and e.conversation_id = c.id
    group by c.tenant_id, c.id
    having array_agg(e.version order by e.version) <> array(select generate_series(1, c.version))`,
  'every entry of the ledger begins where the one before ended': `
    select * from (
      select e.conversation_id, e.version, e.from_state, e.from_operator_id, e.from_inbox_id,
        lag(e.to_state) over story as state, lag(e.to_operator_id) over story as operator,
        lag(e.to_inbox_id) over story as inbox
      from conversation_events e where e.conversation_id is not null
      window story as (partition by e.tenant_id, e.conversation_id order by e.version)) s
    where (s.from_state, s.from_operator_id, s.from_inbox_id) is distinct from (s.state, s.operator, s.inbox)`,
  'the last entry of the ledger says what the conversation is now': `
    select c.id, c.state, c.assigned_operator_id, c.inbox_id, e.to_state, e.to_operator_id, e.to_inbox_id
    from conversations c
    left join conversation_events e on e.tenant_id = c.tenant_id and e.conversation_id = c.id and e.version = c.version
    where (c.state, c.assigned_operator_id, c.inbox_id, c.last_event_id)
      is distinct from (e.to_state, e.to_operator_id, e.to_inbox_id, e.id)`,
};

/**
 * The invariants 1, 3 and 4 of docs/product.md, looked at as the owner of the database.
 * @throws an Error that names the broken one, with the rows that break it
 */
export async function expectInvariants(database: TestDatabase): Promise<void> {
  for (const [invariant, breaches] of Object.entries(BREACHES)) {
    const found = await database.rows(breaches);
    if (found.length > 0) {
      const shown = JSON.stringify(found.slice(0, 10), null, 2);
      throw new Error(`Broken: ${invariant}. ${found.length} rows, such as ${shown}`);
    }
  }
}
