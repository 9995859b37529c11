-- Finds or creates the leads of messages, stores what the messages say of them, and locks them until the end of the
-- transaction. p_items is as in ingest_messages. Items without a leadId have no lead, and those with a messageId count
-- only if they are the first with one of p_messages, in the thread and inbox at the same position. Returns an object: the
-- lead of each item that counts, by its index.
--
-- A lead is known by keys (docs/customer-data.md). A known external id decides alone. Otherwise the lead is that of the
-- number, else of the address, else of the thread. A message with a new external id joins it only if it has none yet.
-- From then on the lead is known by all keys of the message that are not another lead's.
--
-- Keys are inserted before anybody looks up whose they are, so of two transactions with messages about one new person the
-- second waits for the first and finds its lead. Lock order: keys by kind and key, then leads by id. The caller locks
-- conversations afterwards.
create or replace function join_leads(
  p_tenant uuid, p_items jsonb, p_threads text[], p_inboxes uuid[], p_messages text[])
returns jsonb
language plpgsql volatile
as $$
declare
  messages jsonb;
  message record;
  lead uuid;
  -- The leads of the number, the address and the thread, and whether each is known to have an external id.
  candidates uuid[];
  have_id boolean[];
  -- By the position of a key among those of its kind: the lead that a message here gave it.
  ids uuid[];
  numbers uuid[];
  addresses uuid[];
  threads uuid[];
  -- Leads that have an external id.
  named uuid[] := '{}';
  -- Keys whose lead is another one than that with which they were inserted.
  kinds text[] := '{}';
  keys text[] := '{}';
  owners uuid[] := '{}';
  indexes integer[] := '{}';
  leads uuid[] := '{}';
  joined jsonb;
  has_lost_one boolean;
  -- A variable: Citus allows no now() in DO UPDATE SET.
  moment constant timestamptz := now();
begin
  with item as materialized (
    select i.*, x.id as inbox_id
    from jsonb_to_recordset(p_items) as i (
      "index" integer, "leadId" uuid, "externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text,
      "messageId" text, "occurredAt" timestamptz, "leadExternalId" text, "leadNumber" text, "leadAddress" text,
      "leadName" text, "leadEmail" text, "leadPhone" text, "leadPhoneKey" text, strict boolean)
    join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber" and x.is_active)
    where i."leadId" is not null
      and (i.strict is not true or i."occurredAt" is null or i."occurredAt" <= now() + interval '5 minutes')
  ), first_seen as (
    select i.* from item i where i."messageId" is null
    union all
    select * from (
      select distinct on (i."externalConversationId", i."messageId", i.inbox_id) i.*
      from item i
      where ((i."externalConversationId", i."messageId", i.inbox_id) in (
        select f.thread, f.message, f.inbox
        from unnest(p_threads, p_messages, p_inboxes) as f (thread, message, inbox))) is true
      order by i."externalConversationId", i."messageId", i.inbox_id, i."index") m
  )
  select jsonb_agg(jsonb_build_object('index', f."index", 'lead', f."leadId", 'id', f."leadExternalId",
    'number', f."leadNumber", 'address', f."leadAddress", 'inbox', f.inbox_id, 'thread', f."externalConversationId",
    'name', f."leadName", 'email', f."leadEmail", 'phone', f."leadPhone", 'phone_key', f."leadPhoneKey",
    'written_at', least(coalesce(f."occurredAt", now()), now())))
  into messages
  from first_seen f;
  if messages is null then return null; end if;

  insert into lead_keys (tenant_id, kind, key, lead_id)
  select distinct on (k.kind, k.key) p_tenant, k.kind, k.key, m.lead
  from jsonb_to_recordset(messages) as m (
    index integer, lead uuid, id text, number text, address text, inbox uuid, thread text)
  cross join lateral (values ('ID', m.id), ('PHONE', m.number), ('ADDRESS', m.address),
    ('THREAD', case when coalesce(m.id, m.number, m.address) is null then concat_ws(' ', m.inbox, m.thread) end)
    ) as k (kind, key)
  where k.key is not null
  order by k.kind, k.key, m.index
  on conflict do nothing;

  ids := array_fill(null::uuid, array[jsonb_array_length(messages)]);
  numbers := ids;
  addresses := ids;
  threads := ids;
  for message in
    -- A key that a message here inserted has no lead yet: it has the id that came with the first message that has it.
    select o.index, o.lead as new_lead, o.id, o.number, o.address, o.thread_key, o.id_n, o.number_n, o.address_n, o.thread_n,
      nullif(o.by_id, o.id_lead) as by_id, o.by_id is null as is_id_gone,
      nullif(o.by_number, o.number_lead) as by_number, o.by_number is null as is_number_gone,
      nullif(o.by_address, o.address_lead) as by_address, o.by_address is null as is_address_gone,
      nullif(o.by_thread, o.thread_lead) as by_thread, o.by_thread is null as is_thread_gone,
      case when nullif(o.by_id, o.id_lead) is null then (
        select l.external_id is not null from leads l where l.tenant_id = p_tenant and l.id = o.by_number)
        end as number_has_id,
      case when nullif(o.by_id, o.id_lead) is null then (
        select l.external_id is not null from leads l where l.tenant_id = p_tenant and l.id = o.by_address)
        end as address_has_id,
      case when nullif(o.by_id, o.id_lead) is null and nullif(o.by_number, o.number_lead) is null
          and nullif(o.by_address, o.address_lead) is null then (
        select c.lead_id from conversations c
        where c.tenant_id = p_tenant and c.external_conversation_id = o.thread and c.origin_inbox_id = o.inbox offset 0)
        end as of_conversation
    from (
      select m.*, t.thread_key,
        (dense_rank() over (order by m.id))::integer as id_n,
        (dense_rank() over (order by m.number))::integer as number_n,
        (dense_rank() over (order by m.address))::integer as address_n,
        (dense_rank() over (order by m.inbox, m.thread))::integer as thread_n,
        first_value(m.lead) over (partition by m.id order by m.index) as id_lead,
        first_value(m.lead) over (partition by m.number order by m.index) as number_lead,
        first_value(m.lead) over (partition by m.address order by m.index) as address_lead,
        first_value(m.lead) over (partition by t.thread_key order by m.index) as thread_lead,
        (select k.lead_id from lead_keys k
          where k.tenant_id = p_tenant and k.kind = 'ID' and k.key = m.id) as by_id,
        (select k.lead_id from lead_keys k
          where k.tenant_id = p_tenant and k.kind = 'PHONE' and k.key = m.number) as by_number,
        (select k.lead_id from lead_keys k
          where k.tenant_id = p_tenant and k.kind = 'ADDRESS' and k.key = m.address) as by_address,
        (select k.lead_id from lead_keys k
          where k.tenant_id = p_tenant and k.kind = 'THREAD' and k.key = t.thread_key) as by_thread
      from jsonb_to_recordset(messages) as m (
        index integer, lead uuid, id text, number text, address text, inbox uuid, thread text)
      cross join lateral (select case when coalesce(m.id, m.number, m.address) is null
        then concat_ws(' ', m.inbox, m.thread) end as thread_key) t) o
    order by o.index
  loop
    lead := case when message.id is not null then coalesce(message.by_id, ids[message.id_n]) end;
    if lead is null then
      candidates := array[
        case when message.number is not null then coalesce(message.by_number, numbers[message.number_n]) end,
        case when message.address is not null then coalesce(message.by_address, addresses[message.address_n]) end,
        coalesce(threads[message.thread_n],
          case when message.of_conversation is not null then current_lead(p_tenant, message.of_conversation) end,
          message.by_thread)];
      have_id := array[message.number_has_id, message.address_has_id, false];
      if candidates[3] is not null and threads[message.thread_n] is null then
        have_id[3] := exists (
          select 1 from leads l
          where l.tenant_id = p_tenant and l.id = candidates[3] and l.external_id is not null);
      end if;
      for i in 1 .. 3 loop
        continue when candidates[i] is null;
        if have_id[i] and candidates[i] <> all (named) then named := named || candidates[i]; end if;
        continue when message.id is not null and candidates[i] = any (named);
        lead := candidates[i];
        exit;
      end loop;
    end if;
    lead := coalesce(lead, message.new_lead);
    indexes := indexes || message.index;
    leads := leads || lead;
    threads[message.thread_n] := lead;

    if message.id is not null and lead <> all (named) then named := named || lead; end if;

    if message.id is not null and message.by_id is null and ids[message.id_n] is null then
      ids[message.id_n] := lead;
      if lead <> message.new_lead or message.is_id_gone then
        kinds := kinds || 'ID'::text; keys := keys || message.id; owners := owners || lead;
      end if;
    end if;
    if message.number is not null and message.by_number is null and numbers[message.number_n] is null then
      numbers[message.number_n] := lead;
      if lead <> message.new_lead or message.is_number_gone then
        kinds := kinds || 'PHONE'::text; keys := keys || message.number; owners := owners || lead;
      end if;
    end if;
    if message.address is not null and message.by_address is null and addresses[message.address_n] is null then
      addresses[message.address_n] := lead;
      if lead <> message.new_lead or message.is_address_gone then
        kinds := kinds || 'ADDRESS'::text; keys := keys || message.address; owners := owners || lead;
      end if;
    end if;
    if message.thread_key is not null and message.by_thread is null
      and (lead <> message.new_lead or message.is_thread_gone) then
      kinds := kinds || 'THREAD'::text; keys := keys || message.thread_key; owners := owners || lead;
    end if;
  end loop;

  with stored as (
    insert into leads as l (tenant_id, id, external_id, name, name_at, email, email_at, phone, phone_key, phone_at)
    select p_tenant, j.lead, (array_agg(m.id order by m.index) filter (where m.id is not null))[1],
      (array_agg(m.name order by m.written_at desc, m.index desc) filter (where m.name is not null))[1],
      max(m.written_at) filter (where m.name is not null),
      (array_agg(m.email order by m.written_at desc, m.index desc) filter (where m.email is not null))[1],
      max(m.written_at) filter (where m.email is not null),
      (array_agg(m.phone order by m.written_at desc, m.index desc) filter (where m.phone is not null))[1],
      (array_agg(m.phone_key order by m.written_at desc, m.index desc) filter (where m.phone is not null))[1],
      max(m.written_at) filter (where m.phone is not null)
    from unnest(indexes, leads) as j (index, lead)
    join jsonb_to_recordset(messages) as m (
      index integer, id text, name text, email text, phone text, phone_key text, written_at timestamptz)
      on m.index = j.index
    group by j.lead
    order by j.lead
    on conflict (tenant_id, id) do update
    set external_id = coalesce(l.external_id, excluded.external_id),
      name = case when excluded.name_at >= coalesce(l.name_at, '-infinity') then excluded.name else l.name end,
      name_at = greatest(l.name_at, excluded.name_at),
      email = case when excluded.email_at >= coalesce(l.email_at, '-infinity') then excluded.email else l.email end,
      email_at = greatest(l.email_at, excluded.email_at),
      phone = case when excluded.phone_at >= coalesce(l.phone_at, '-infinity') then excluded.phone else l.phone end,
      phone_key = case when excluded.phone_at >= coalesce(l.phone_at, '-infinity') then excluded.phone_key
        else l.phone_key end,
      phone_at = greatest(l.phone_at, excluded.phone_at),
      updated_at = moment
    where l.merged_into_id is null and l.erased_at is null
    returning l.id
  )
  select (select count(*) from stored) < count(distinct j.lead), jsonb_object_agg(j.index, j.lead)
  into has_lost_one, joined
  from unnest(indexes, leads) as j (index, lead);
  -- The caller retries, and finds the keys at the other lead.
  if has_lost_one then
    raise exception 'a lead was merged or erased while its message came in' using errcode = 'serialization_failure';
  end if;

  if cardinality(keys) > 0 then
    insert into lead_keys as k (tenant_id, kind, key, lead_id)
    select distinct on (u.kind, u.key) p_tenant, u.kind, u.key, u.lead
    from unnest(kinds, keys, owners) with ordinality as u (kind, key, lead, n)
    order by u.kind, u.key, u.n desc
    on conflict (tenant_id, kind, key) do update set lead_id = excluded.lead_id;
  end if;
  return joined;
end
$$;
