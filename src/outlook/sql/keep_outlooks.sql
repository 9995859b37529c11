-- Keeps outlooks, and has the ledger of the tenant folded for the next ones. Items: {id, conversationId, inboxId,
-- version, askedAt, place, expectedSeconds (null: it is not kept, but its inbox is watched), lowSeconds, highSeconds}.
create or replace function keep_outlooks(p_tenant uuid, p_items jsonb)
returns void
language plpgsql volatile
as $$
declare
  -- Variables: Citus allows no now() in DO UPDATE.
  hour_ago constant timestamptz := now() - interval '1 hour';
  week_ago constant timestamptz := now() - interval '7 days';
begin
  -- Once an hour is enough to say that somebody still asks. After a week without the fold has stopped, and what was
  -- taken since counts for nothing.
  insert into outlook_progress as p (tenant_id, position, asked_at, looked_at)
  select p_tenant, coalesce((
    select f.position from feed_positions f where f.tenant_id = p_tenant order by f.position desc limit 1), 0), now(), now()
  where not exists (
    select 1 from outlook_progress k where k.tenant_id = p_tenant and k.asked_at >= hour_ago)
  on conflict (tenant_id) do update
  set asked_at = excluded.asked_at,
    position = case when p.asked_at < week_ago then excluded.position else p.position end
  where p.asked_at < hour_ago;
  insert into outlook_paces (tenant_id, inbox_id)
  select p_tenant, i.inbox
  from (
    select distinct (a.item ->> 'inboxId')::uuid as inbox from jsonb_array_elements(p_items) as a (item) order by inbox) i
  where not exists (
    select 1 from outlook_paces k where k.tenant_id = p_tenant and k.inbox_id = i.inbox)
  on conflict do nothing;
  insert into outlooks (tenant_id, id, conversation_id, inbox_id, version, asked_at, place, expected_seconds, low_seconds,
    high_seconds)
  select p_tenant, i.id, i."conversationId", i."inboxId", i.version, i."askedAt", i.place, i."expectedSeconds",
    i."lowSeconds", i."highSeconds"
  from jsonb_to_recordset(p_items) as i (id uuid, "conversationId" uuid, "inboxId" uuid, version integer,
    "askedAt" timestamptz, place integer, "expectedSeconds" double precision, "lowSeconds" double precision,
    "highSeconds" double precision)
  where i."expectedSeconds" is not null;
end
$$;
