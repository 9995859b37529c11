-- The places of waiting conversations in the queue of their inbox, from 1, in the order of queue_page. Conversations that
-- are not among the first 1,000 get a place that is not exact, and not better than their own: all that wait, without the
-- first 1,000 found behind them. p_waiting: how many wait in the inbox. While a change of the weights is being carried
-- out no place is exact, because only a look at the whole queue could tell.
create or replace function queue_places(p_tenant uuid, p_inbox uuid, p_conversations uuid[], p_waiting integer)
returns table (conversation_id uuid, place integer, is_exact boolean)
language plpgsql stable
as $$
#variable_conflict use_column
declare
  settings priority_settings;
  first_ids uuid[] := '{}';
  depth integer;
  one_by_one boolean;
  one uuid;
  own record;
  behind integer;
begin
  settings := (select t.settings from queue_settings t where t.tenant_id = p_tenant);
  -- A page of the queue costs as much as the ranks of some.
  one_by_one := settings.normalization = 'FIXED' and not settings.is_reranking and cardinality(p_conversations) <= 5;
  if not settings.is_reranking and not one_by_one then
    foreach depth in array array[100, 1000] loop
      select coalesce(array_agg(q.id order by q.urgency desc, q.basis_at, q.id), '{}') into first_ids
      from queue_page(settings, array[p_inbox], statement_timestamp(), depth, 'Infinity', '-infinity',
        '00000000-0000-0000-0000-000000000000') q;
      exit when cardinality(first_ids) < depth or first_ids @> p_conversations;
    end loop;
  end if;
  foreach one in array p_conversations loop
    conversation_id := one;
    place := case when one_by_one then queue_rank(p_tenant, one, 1000) else array_position(first_ids, one) end;
    is_exact := place is not null;
    if not is_exact then
      behind := 0;
      select c.queue_key, c.saturated into own
      from conversations c where c.tenant_id = p_tenant and c.id = one;
      if settings.normalization = 'FIXED' and not settings.is_reranking and own.saturated is false then
        select count(*) into behind
        from (
          select 1 from conversations c
          where c.tenant_id = p_tenant and c.inbox_id = p_inbox and c.state = 'QUEUED' and c.saturated = false
            and c.queue_key < own.queue_key
          limit 1000) b;
      end if;
      place := greatest(p_waiting - behind, case when one_by_one then 1000 else cardinality(first_ids) end + 1);
    end if;
    return next;
  end loop;
end
$$;
