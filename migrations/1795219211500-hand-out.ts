import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The handing out itself. An arrival holds the distribution of its inbox from before it looks who is eligible until it
 * commits; whoever has freed capacity takes it after that commit. So one of the two sees the other, and nothing is left
 * waiting beside a free operator.
 */
export class HandOut1795219211500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Hands waiting conversations of the inboxes to the receivers, best priority first, at most one for each of the
      -- ids p_events for the ledger. The caller holds the locks of both. What others hold just now is skipped; with
      -- p_may_wait it is waited for as long as nothing else has been taken, and after that a row of nulls says that
      -- there is more. A conversation does not go straight back to whom it was taken from while another is eligible.
      create function hand_out(p_tenant uuid, p_inboxes uuid[], p_receivers uuid[], p_events uuid[], p_may_wait boolean)
      returns table (conversation_id uuid, inbox_id uuid, operator_id uuid)
      language plpgsql volatile
      as $$
      declare
        waiting_in uuid[] := p_inboxes;
        event uuid;
        given integer := 0;
        depth integer;
        held_up boolean;
        holding boolean := false;
        best conversations;
        receiver subscriptions;
        why text;
        score double precision;
      begin
        while given < cardinality(p_events) and cardinality(waiting_in) > 0 and cardinality(p_receivers) > 0 loop
          depth := 1;
          loop
            select c.* into best
            from tenants t
            cross join lateral queue_page(t, waiting_in, statement_timestamp(), depth, 'Infinity', '-infinity',
              '00000000-0000-0000-0000-000000000000') q
            -- By its key: "state = 'QUEUED'" would also allow an index of the whole queue, which looks cheap while that is short.
            join conversations c on c.tenant_id = p_tenant and c.id = q.id and c.inbox_id = q.inbox_id
              and c.state is not distinct from 'QUEUED'
            where t.id = p_tenant
            order by q.urgency desc, q.basis_at, q.id
            limit 1
            for no key update of c skip locked;
            exit when found;
            held_up := exists (
              select from conversations c
              where c.tenant_id = p_tenant and c.inbox_id = any (waiting_in) and c.state = 'QUEUED');
            exit when not held_up or depth >= 2048;
            depth := depth * 8;
          end loop;
          if best.id is null then
            exit when not held_up or not p_may_wait;
            if holding then
              return query select null::uuid, null::uuid, null::uuid;
              exit;
            end if;
            -- A new message or a supervisor holds it, perhaps only for this moment. No conversation is locked yet, so
            -- waiting for one keeps the lock order.
            perform from conversations c
            where c.tenant_id = p_tenant and c.state is not distinct from 'QUEUED' and c.id = (
              select q.id from tenants t
              cross join lateral queue_page(t, waiting_in, statement_timestamp(), 1, 'Infinity', '-infinity',
                '00000000-0000-0000-0000-000000000000') q
              where t.id = p_tenant)
            for no key update;
            holding := true;
            continue;
          end if;
          holding := true;

          select s.* into receiver
          from tenants t
          join inboxes i on i.tenant_id = p_tenant and i.id = best.inbox_id and i.distribution <> 'PULL'
          join subscriptions s on s.tenant_id = p_tenant and s.inbox_id = i.id and s.operator_id = any (p_receivers)
          join operators o on o.tenant_id = p_tenant and o.id = s.operator_id
          where t.id = p_tenant and eligibility_obstacles(t, i, o) = '{}'
          order by exists (
              select from conversation_events e
              where e.tenant_id = p_tenant and e.conversation_id = best.id and e.version = best.version
                and e.from_operator_id = s.operator_id),
            distribution_order(i.distribution, s), s.last_distributed_at nulls first, s.operator_id
          limit 1;
          if not found then
            waiting_in := array_remove(waiting_in, best.inbox_id);
            continue;
          end if;

          given := given + 1;
          event := p_events[given];
          select queue_score(t, array[best.inbox_id], best.id, best.message_count, best.basis_at, statement_timestamp()),
            distribution_reason(i.distribution, receiver)
          into score, why
          from tenants t join inboxes i on i.tenant_id = p_tenant and i.id = best.inbox_id
          where t.id = p_tenant;
          update conversations c
          set state = 'ALLOCATED', assigned_operator_id = receiver.operator_id, basis_at = null, saturated = null,
            queue_key = null, version = c.version + 1, last_event_id = event, updated_at = now()
          where c.tenant_id = p_tenant and c.id = best.id and c.state is not distinct from 'QUEUED';
          insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
            actor_type, reason, score, from_state, from_inbox_id, to_state, to_operator_id, to_inbox_id)
          values (p_tenant, event, 'conversation.distributed', best.id, best.inbox_id, best.external_conversation_id,
            best.version + 1, 'SYSTEM', why, score, 'QUEUED', best.inbox_id, 'ALLOCATED', receiver.operator_id,
            best.inbox_id);
          -- The clock, not the transaction's start: within one batch there are many turns.
          update subscriptions s set last_distributed_at = clock_timestamp()
          where s.tenant_id = p_tenant and s.inbox_id = best.inbox_id and s.operator_id = receiver.operator_id;
          return query select best.id, best.inbox_id, receiver.operator_id;
        end loop;
      end
      $$;

      -- Hands out what waits after capacity was freed: of the given inboxes, and of those the operator is subscribed to;
      -- p_inboxes null: of all. Call it when what freed it has been committed.
      create function hand_out_waiting(p_tenant uuid, p_operator uuid, p_inboxes uuid[], p_events uuid[])
      returns table (conversation_id uuid, inbox_id uuid, operator_id uuid)
      language plpgsql volatile
      as $$
      declare
        pushing uuid[];
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        select array_agg(i.id) into pushing
        from inboxes i
        where i.tenant_id = p_tenant and i.distribution <> 'PULL'
          and (p_inboxes is null or i.id = any (p_inboxes) or exists (select from subscriptions s
            where s.tenant_id = p_tenant and s.inbox_id = i.id and s.operator_id = p_operator and s.weight > 0));
        if pushing is null then return; end if;
        perform lock_distribution(pushing);
        select array_agg(u.id) into pushing from unnest(pushing) as u (id)
        where exists (select from conversations c where c.tenant_id = p_tenant and c.inbox_id = u.id and c.state = 'QUEUED');
        if pushing is null then return; end if;
        return query select h.* from hand_out(p_tenant, pushing, lock_receivers(p_tenant, pushing), p_events, true) h;
      end
      $$;

      -- ingest_messages, and what arrives in inboxes that push is handed out in the same transaction. Items also carry
      -- distributionEventId, an id for the ledger. Answers as ingest_messages, with the operator who has it by then.
      create function take_in_messages(p_tenant uuid, p_service text, p_items jsonb)
      returns table (index integer, refusal text, conversation_id uuid, created boolean, assigned_operator_id uuid)
      language plpgsql volatile
      as $$
      declare
        pushing uuid[];
        receivers uuid[];
        outcome jsonb;
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        -- The inboxes in which conversations will begin or reopen, as far as can be seen before anything is locked.
        select array_agg(distinct n.id) into pushing
        from jsonb_to_recordset(p_items) as i ("externalConversationId" text, "inboxId" uuid, "inboxPhoneNumber" text)
        join inboxes x on x.tenant_id = p_tenant and (x.id = i."inboxId" or x.phone_number = i."inboxPhoneNumber")
        left join conversations k on k.tenant_id = p_tenant and k.external_conversation_id = i."externalConversationId"
        join inboxes n on n.tenant_id = p_tenant and n.id = coalesce(k.inbox_id, x.id) and n.distribution <> 'PULL'
        where k.id is null or k.state = 'RESOLVED';
        if pushing is not null then
          perform lock_distribution(pushing);
          receivers := lock_receivers(p_tenant, pushing);
        end if;

        select jsonb_agg(to_jsonb(r)) into outcome from ingest_messages(p_tenant, p_service, p_items) r;

        -- One was resolved, moved or its inbox switched between the look and the lock: the caller begins again.
        if exists (select from inboxes n where n.tenant_id = p_tenant and n.distribution <> 'PULL') and exists (
          select from jsonb_to_recordset(p_items) as i ("eventId" uuid, "externalConversationId" text)
          join conversations c on c.tenant_id = p_tenant and c.external_conversation_id = i."externalConversationId"
            and c.last_event_id = i."eventId" and c.state = 'QUEUED' and c.inbox_id <> all (coalesce(pushing, '{}'))
          join inboxes n on n.tenant_id = p_tenant and n.id = c.inbox_id and n.distribution <> 'PULL'
        ) then
          raise exception 'a conversation arrived in an inbox that pushes and was not locked'
            using errcode = 'serialization_failure';
        end if;

        if pushing is not null then
          perform from hand_out(p_tenant, pushing, receivers,
            array(select (i ->> 'distributionEventId')::uuid from jsonb_array_elements(p_items) i), false);
        end if;

        return query
        select r.index, r.refusal, r.conversation_id, r.created, c.assigned_operator_id
        from jsonb_to_recordset(outcome) as r (index integer, refusal text, conversation_id uuid, created boolean)
        left join conversations c on c.tenant_id = p_tenant and c.id = r.conversation_id
        order by r.index;
      end
      $$;

      grant select on inboxes to inbox_platform;
      create policy inboxes_for_platform on inboxes for select to inbox_platform using (true);
      -- The tenants where something waits in an inbox that pushes: for the sweep, which sees whether anybody is free.
      create function tenants_with_undistributed_conversations() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select distinct i.tenant_id from inboxes i
        where i.distribution <> 'PULL' and exists (
          select from conversations c where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED')
      $$;
      grant create on schema public to inbox_platform;
      alter function tenants_with_undistributed_conversations owner to inbox_platform;
      revoke create on schema public from inbox_platform;
      set local role inbox_platform;
      revoke execute on function tenants_with_undistributed_conversations from public;
      grant execute on function tenants_with_undistributed_conversations to inbox_app;
      reset role;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function tenants_with_undistributed_conversations;
      drop policy inboxes_for_platform on inboxes;
      revoke select on inboxes from inbox_platform;
      drop function take_in_messages, hand_out_waiting, hand_out;
    `);
  }
}
