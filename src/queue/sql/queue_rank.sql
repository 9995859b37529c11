-- The rank of a waiting conversation in the queue of its inbox, from 1, at the time of the statement. null: it is greater
-- than p_most, or the conversation does not wait. It counts by the stored keys, in the order of stored_queue_page, and like
-- that is valid for FIXED while no change of the weights is being carried out.
create or replace function queue_rank(p_tenant uuid, p_conversation uuid, p_most integer)
returns integer
language plpgsql stable
as $$
declare
  settings priority_settings;
  cap double precision;
  capped_before timestamptz := '-infinity';
  as_of double precision := epoch_microseconds(statement_timestamp());
  own record;
  own_urgency double precision;
  ahead bigint;
begin
  select c.inbox_id, c.saturated, c.queue_key, c.basis_at into own
  from conversations c
  where c.tenant_id = p_tenant and c.id = p_conversation and c.state is not distinct from 'QUEUED';
  if not found then return null; end if;
  settings := (select t.settings from queue_settings t where t.tenant_id = p_tenant);
  cap := queue_cap(settings);
  if cap <> 'Infinity' then capped_before := statement_timestamp() - cap * interval '1 microsecond'; end if;
  own_urgency := own.queue_key + case when own.saturated then 0 else epoch_microseconds(own.basis_at) end
    + least(as_of - epoch_microseconds(own.basis_at), cap);
  select count(*) into ahead
  from (
    -- The parts are those of stored_queue_page. Nothing but the index is read of the first two.
    (select 1 from conversations c
    where c.tenant_id = p_tenant and c.inbox_id = own.inbox_id and c.state = 'QUEUED' and c.saturated = false
      and c.queue_key >= own_urgency - as_of
      and (c.queue_key > own_urgency - as_of or (c.basis_at, c.id) < (own.basis_at, p_conversation))
      and c.basis_at > capped_before
    order by c.queue_key desc, c.basis_at, c.id
    limit p_most)
    union all
    (select 1 from conversations c
    where c.tenant_id = p_tenant and c.inbox_id = own.inbox_id and c.state = 'QUEUED' and c.saturated = true
      and c.queue_key >= own_urgency - cap
      and (c.queue_key > own_urgency - cap or (c.basis_at, c.id) < (own.basis_at, p_conversation))
      and c.basis_at <= capped_before
    order by c.queue_key desc, c.basis_at, c.id
    limit p_most)
    union all
    select 1
    from (
      select c.id, c.inbox_id, c.queue_key + epoch_microseconds(c.basis_at) + cap as urgency, c.basis_at
      from conversations c
      where c.tenant_id = p_tenant and c.saturated = false and c.basis_at <= capped_before
      order by c.basis_at
      offset 0) u
    where u.inbox_id = own.inbox_id and (-u.urgency, u.basis_at, u.id) < (-own_urgency, own.basis_at, p_conversation)
    union all
    select 1
    from (
      select c.id, c.inbox_id, c.queue_key + as_of - epoch_microseconds(c.basis_at) as urgency, c.basis_at
      from conversations c
      where c.tenant_id = p_tenant and c.saturated = true and c.basis_at > capped_before
      order by c.basis_at
      offset 0) m
    where m.inbox_id = own.inbox_id and (-m.urgency, m.basis_at, m.id) < (-own_urgency, own.basis_at, p_conversation)
    limit p_most) a;
  return case when ahead < p_most then ahead + 1 end;
end
$$;
