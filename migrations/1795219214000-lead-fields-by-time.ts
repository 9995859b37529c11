import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Ingest1795219206000 } from './1795219206000-ingest.js';

/**
 * What the newest message says of a customer holds, field by field, in whatever order messages are reported: an older
 * one that comes late overwrites nothing. ingest_messages is as before but for that.
 */
export class LeadFieldsByTime1795219214000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table leads
        -- When the message was written that said so; null: nobody did since this is kept.
        add column name_at timestamptz,
        add column email_at timestamptz,
        add column phone_at timestamptz;

      -- Takes in 1 to 1,000 messages of the orchestrator, in any order and possibly again, in five statements whatever
      -- their number. Items: {index, conversationId, eventId, leadId (ids for what may have to be made),
      -- externalConversationId, inboxId | inboxPhoneNumber, customerPhoneNumber, displayName, messageId, occurredAt,
      -- leadExternalId, leadName, leadEmail, leadPhone}; without occurredAt it is now. Answers a row for each: the
      -- conversation and whether this item created it, or why it was refused.
      -- Lock order: message ids, known conversations by id, leads, new conversations, each in order of their text.
      create or replace function ingest_messages(p_tenant uuid, p_service text, p_items jsonb)
      returns table (index integer, refusal text, conversation_id uuid, created boolean)
      language plpgsql volatile
      as $$
      declare
        created_by integer[];
        new_threads text[];
        new_messages text[];
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        perform share_ranking(p_tenant);

        -- A message id counts the first time it is seen. Its insert waits for a transaction that is just reporting it,
        -- and so comes before any lock on a conversation that the other one may need.
        with first_seen as (
          insert into processed_messages (tenant_id, external_conversation_id, message_id)
          select distinct p_tenant, i."externalConversationId", i."messageId"
          from jsonb_to_recordset(p_items) as i (
            "externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text, "messageId" text, "occurredAt" timestamptz)
          join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber")
          where i."messageId" is not null and (i."occurredAt" is null or i."occurredAt" <= now() + interval '5 minutes')
          order by i."externalConversationId", i."messageId"
          on conflict do nothing
          returning external_conversation_id, message_id
        )
        select array_agg(f.external_conversation_id), array_agg(f.message_id) into new_threads, new_messages
        from first_seen f;

        perform from conversations c
        where c.tenant_id = p_tenant
          and c.external_conversation_id in (select i ->> 'externalConversationId' from jsonb_array_elements(p_items) i)
        order by c.id
        for no key update;

        with item as materialized (
          -- A clock of the orchestrator's may run up to five minutes ahead; that counts as now.
          select i.*, x.id as inbox_id, least(coalesce(i."occurredAt", now()), now()) as occurred_at
          from jsonb_to_recordset(p_items) as i (
            "index" integer, "conversationId" uuid, "eventId" uuid, "leadId" uuid, "externalConversationId" text,
            "inboxId" uuid, "inboxPhoneNumber" text, "customerPhoneNumber" text, "displayName" text, "messageId" text,
            "occurredAt" timestamptz, "leadExternalId" text, "leadName" text, "leadEmail" text, "leadPhone" text)
          join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber")
          where i."occurredAt" is null or i."occurredAt" <= now() + interval '5 minutes'
        ),
        message as materialized (
          select i.* from item i where i."messageId" is null
          union all
          select * from (
            select distinct on (i."externalConversationId", i."messageId") i.*
            from item i
            join unnest(new_threads, new_messages) as f (thread, message)
              on f.thread = i."externalConversationId" and f.message = i."messageId"
            order by i."externalConversationId", i."messageId", i."index") m
        ),
        lead as (
          insert into leads as l (tenant_id, id, external_id, name, name_at, email, email_at, phone, phone_at)
          select p_tenant, (array_agg(m."leadId" order by m."index"))[1], m."leadExternalId",
            (array_agg(m."leadName" order by m.occurred_at desc, m."index" desc) filter (where m."leadName" is not null))[1],
            max(m.occurred_at) filter (where m."leadName" is not null),
            (array_agg(m."leadEmail" order by m.occurred_at desc, m."index" desc) filter (where m."leadEmail" is not null))[1],
            max(m.occurred_at) filter (where m."leadEmail" is not null),
            (array_agg(m."leadPhone" order by m.occurred_at desc, m."index" desc) filter (where m."leadPhone" is not null))[1],
            max(m.occurred_at) filter (where m."leadPhone" is not null)
          from message m where m."leadExternalId" is not null
          group by m."leadExternalId"
          order by m."leadExternalId"
          on conflict (tenant_id, external_id) do update
          set name = case when excluded.name_at >= coalesce(l.name_at, '-infinity') then excluded.name else l.name end,
            name_at = greatest(l.name_at, excluded.name_at),
            email = case when excluded.email_at >= coalesce(l.email_at, '-infinity') then excluded.email else l.email end,
            email_at = greatest(l.email_at, excluded.email_at),
            phone = case when excluded.phone_at >= coalesce(l.phone_at, '-infinity') then excluded.phone else l.phone end,
            phone_at = greatest(l.phone_at, excluded.phone_at),
            updated_at = now()
          returning l.id, l.external_id
        ),
        thread as materialized (
          select m."externalConversationId" as external_id,
            (array_agg(m."conversationId" order by m."index"))[1] as new_id,
            (array_agg(m."eventId" order by m."index"))[1] as event_id,
            min(m."index") as first_index,
            (array_agg(m.inbox_id order by m."index"))[1] as inbox_id,
            (array_agg(m."customerPhoneNumber" order by m.occurred_at desc, m."index" desc))[1] as customer_phone_number,
            coalesce((array_agg(m."displayName" order by m.occurred_at desc, m."index" desc)
                filter (where m."displayName" is not null and m.occurred_at >= k.last_message_at))[1],
              min(k.display_name),
              (array_agg(m."displayName" order by m.occurred_at desc, m."index" desc)
                filter (where m."displayName" is not null))[1]) as display_name,
            (array_agg(m."leadExternalId" order by m.occurred_at desc, m."index" desc)
              filter (where m."leadExternalId" is not null))[1] as lead_external_id,
            count(*)::integer as message_count, max(m.occurred_at) as last_message_at,
            coalesce(min(m.occurred_at) filter (where m.occurred_at > coalesce(k.resolved_at, k.last_resolved_at)),
              min(m.occurred_at)) as waiting_since
          from message m
          left join conversations k
            on k.tenant_id = p_tenant and k.external_conversation_id = m."externalConversationId"
          group by m."externalConversationId"
        ),
        stored as (
          insert into conversations as c (tenant_id, id, inbox_id, external_conversation_id, customer_phone_number,
            display_name, lead_id, message_count, last_message_at, waiting_since, basis_at, saturated, queue_key, last_event_id)
          select p_tenant, t.new_id, t.inbox_id, t.external_id, t.customer_phone_number, t.display_name, l.id,
            t.message_count, t.last_message_at, t.waiting_since, q.basis_at, q.saturated, q.queue_key, t.event_id
          from thread t
          left join lead l on l.external_id = t.lead_external_id
          join tenants s on s.id = p_tenant
          cross join lateral queue_position(s, t.message_count, t.last_message_at, t.waiting_since) q
          order by t.external_id
          on conflict (tenant_id, external_conversation_id) do update
          set message_count = c.message_count + excluded.message_count,
            last_message_at = greatest(c.last_message_at, excluded.last_message_at),
            waiting_since = case
              when c.state = 'RESOLVED' then excluded.waiting_since
              when excluded.waiting_since > coalesce(c.last_resolved_at, '-infinity')
                then least(c.waiting_since, excluded.waiting_since)
              else c.waiting_since end,
            -- The newest message knows best how the customer is called and reached.
            customer_phone_number = case when excluded.last_message_at >= c.last_message_at
              then excluded.customer_phone_number else c.customer_phone_number end,
            display_name = case when excluded.last_message_at >= c.last_message_at
              then coalesce(excluded.display_name, c.display_name) else coalesce(c.display_name, excluded.display_name) end,
            lead_id = case when excluded.last_message_at >= c.last_message_at
              then coalesce(excluded.lead_id, c.lead_id) else coalesce(c.lead_id, excluded.lead_id) end,
            state = case c.state when 'RESOLVED' then 'QUEUED' else c.state end,
            version = case c.state when 'RESOLVED' then c.version + 1 else c.version end,
            last_event_id = case c.state when 'RESOLVED' then excluded.last_event_id else c.last_event_id end,
            last_resolved_at = coalesce(c.resolved_at, c.last_resolved_at),
            resolved_at = null,
            (basis_at, saturated, queue_key) = (
              select q.basis_at, q.saturated, q.queue_key
              from tenants s
              cross join lateral queue_position(s, c.message_count + excluded.message_count,
                greatest(c.last_message_at, excluded.last_message_at),
                case
                  when c.state = 'RESOLVED' then excluded.waiting_since
                  when excluded.waiting_since > coalesce(c.last_resolved_at, '-infinity')
                    then least(c.waiting_since, excluded.waiting_since)
                  else c.waiting_since end) q
              where s.id = p_tenant and c.state <> 'ALLOCATED'),
            updated_at = now()
          returning c.id, c.inbox_id, c.external_conversation_id, c.version, c.last_event_id
        ),
        ledger as (
          insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
            actor_type, actor_id, reason, from_state, from_inbox_id, to_state, to_inbox_id)
          select p_tenant, t.event_id, case when s.version = 1 then 'conversation.created' else 'conversation.reopened' end,
            s.id, s.inbox_id, s.external_conversation_id, s.version, 'SERVICE', p_service,
            case when s.version = 1 then 'The first message of a new conversation' else 'The customer wrote again' end,
            case when s.version > 1 then 'RESOLVED' end, case when s.version > 1 then s.inbox_id end, 'QUEUED', s.inbox_id
          from stored s
          join thread t on t.event_id = s.last_event_id
        )
        select array_agg(t.first_index) into created_by
        from stored s join thread t on t.new_id = s.id;

        return query
        select i.index,
          case when x.id is null then 'INBOX_NOT_FOUND' when c.id is null or i."occurredAt" > now() + interval '5 minutes'
            then 'OCCURRED_IN_THE_FUTURE' end,
          c.id, i.index = any (coalesce(created_by, '{}'))
        from jsonb_to_recordset(p_items) as i (
          "index" integer, "externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text, "occurredAt" timestamptz)
        left join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber")
        left join conversations c
          on x.id is not null and c.tenant_id = p_tenant and c.external_conversation_id = i."externalConversationId"
        order by i.index;
      end
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function ingest_messages');
    await new Ingest1795219206000().up(runner);
    await runner.query('alter table leads drop column name_at, drop column email_at, drop column phone_at');
  }
}
