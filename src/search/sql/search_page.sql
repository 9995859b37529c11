-- A page of the conversations whose text contains one of the parts, newest activity first, after a position in this order.
-- p_inboxes and p_operator: what an OPERATOR sees; null: all of the tenant. p_first to p_third are the trigrams of the
-- parts.
--
-- A frequent part is found soonest among the newest conversations, a rare one by the index. Nobody knows before which of
-- both a part is. So this looks at a few of the newest. While several of them have the part, so that the page will soon
-- be full, it goes on with as many as that should take. Otherwise it asks the index once, for a limited number, and after
-- that it goes on with the newest in growing steps. Where a part is frequent and yet hardly any of the newest 20,000 has
-- it, the page ends early: its last row then is not found, but says where the next page begins.
create or replace function search_page(
  p_tenant uuid, p_parts text[], p_first integer[], p_second integer[], p_third integer[], p_inboxes uuid[],
  p_operator uuid, p_before timestamptz, p_before_id uuid, p_limit integer)
returns table (id uuid, last_message_at timestamptz, is_found boolean)
language plpgsql stable
as $$
#variable_conflict use_column
declare
  step integer := 64;
  several constant integer := 3;
  -- Reading the texts of this number of the newest takes as long as reading and sorting a thousand candidates.
  soon constant integer := 2500;
  -- To read and sort them takes as long as to look for a page of what one in 500 has.
  most constant integer := 2000;
  farthest constant integer := 20000;
  walked integer := 0;
  found integer := 0;
  expected integer;
  candidates uuid[];
  ids uuid[];
  times timestamptz[];
  visible boolean[];
  added integer;
begin
  loop
    select array_agg(n.id), array_agg(n.last_message_at), array_agg(n.is_visible) into ids, times, visible
    from newest_conversations(p_tenant, p_inboxes, p_operator, p_before, p_before_id, step) n;
    if ids is null then return; end if;
    return query
    select n.id, n.last_message_at, true
    from unnest(ids, times, visible) with ordinality as n (id, last_message_at, is_visible, n)
    cross join lateral (
      select t.text from search_texts t where t.tenant_id = p_tenant and t.conversation_id = n.id offset 0) t
    where n.is_visible
      and (strpos(t.text, p_parts[1]) > 0 or strpos(t.text, p_parts[2]) > 0 or strpos(t.text, p_parts[3]) > 0)
    order by n.n
    limit p_limit;
    get diagnostics added = row_count;
    p_limit := p_limit - added;
    if p_limit = 0 then return; end if;
    p_before := times[cardinality(times)];
    p_before_id := ids[cardinality(ids)];

    walked := walked + cardinality(ids);
    found := found + added;
    expected := ceil(1.25 * p_limit * walked / greatest(found, 1));
    if found >= several and expected <= soon and walked < farthest then
      step := greatest(expected, 64);
      continue;
    end if;
    if candidates is null then
      candidates := find_by_trigrams(p_tenant, p_parts, p_first, p_second, p_third, most + 1);
      if cardinality(candidates) <= most then
        return query
        select c.id, c.last_message_at, true
        from unnest(candidates) as u (id)
        cross join lateral (
          select k.id, k.last_message_at, k.inbox_id, k.assigned_operator_id from conversations k
          where k.tenant_id = p_tenant and k.id = u.id offset 0) c
        where (c.last_message_at, c.id) < (p_before, p_before_id)
          and (p_inboxes is null or (c.inbox_id in (select v.id from unnest(p_inboxes) as v (id))) is true
            or c.assigned_operator_id is not distinct from p_operator)
        order by c.last_message_at desc, c.id desc
        limit p_limit;
        return;
      end if;
    end if;

    if walked >= farthest then
      return query select p_before_id, p_before, false;
      return;
    end if;
    step := case when walked < 1024 then 1024 else least(walked * 4, farthest - walked) end;
  end loop;
end
$$;
