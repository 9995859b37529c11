import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Allocate1795219205000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A conversation as every answer shows it.
      create view conversation_details with (security_invoker = true) as
      select c.tenant_id, c.id, c.inbox_id, c.external_conversation_id, c.customer_phone_number, c.display_name,
        c.lead_id, c.state, c.assigned_operator_id, c.message_count, c.last_message_at, c.waiting_since,
        case when c.state = 'QUEUED' then
          (select queue_score(t, array[c.inbox_id], c.id, c.message_count, c.basis_at, statement_timestamp())
            from tenants t where t.id = c.tenant_id)
        end as priority_score,
        (select coalesce(json_agg(json_build_object('id', l.id, 'name', l.name, 'color', l.color) order by l.name, l.id), '[]')
          from conversation_labels a join labels l on l.tenant_id = a.tenant_id and l.id = a.label_id
          where a.tenant_id = c.tenant_id and a.conversation_id = c.id) as labels,
        c.version, c.created_at, c.updated_at, c.resolved_at
      from conversations c;
      grant select on conversation_details to inbox_app;

      -- Who is calling: no row when the tenant is unknown, no role when the operator is. One round trip: it sets the
      -- tenant itself.
      create function identify_caller(p_tenant uuid, p_operator uuid) returns table (role text, is_active boolean)
      language plpgsql volatile
      as $$
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        return query
        select o.role, o.is_active
        from tenants t left join operators o on o.tenant_id = t.id and o.id = p_operator
        where t.id = p_tenant;
      end
      $$;

      -- The inboxes an operator may take from.
      create function takeable_inboxes(p_tenant uuid, p_operator uuid) returns uuid[]
      language sql stable
      as $$
        select coalesce(array_agg(i.id), '{}')
        from inboxes i
        where i.tenant_id = p_tenant
          and (exists (select from tenants t where t.id = p_tenant and t.auto_subscribe)
            or exists (select from subscriptions s
              where s.tenant_id = p_tenant and s.inbox_id = i.id and s.operator_id = p_operator))
      $$;

      -- Why an operator may not be given one more conversation now, or NULL. Locks the operator until the end of the
      -- transaction: a change to OFFLINE, of the capacity or another take waits. The count is a statement of its own,
      -- after the lock: in one statement with it, it would still read the load of before the wait.
      create function lock_operator_to_take(p_tenant uuid, p_operator uuid) returns text
      language plpgsql volatile
      as $$
      declare
        op record;
        load integer;
      begin
        select o.is_active, o.availability, o.max_load into op
        from operators o where o.tenant_id = p_tenant and o.id = p_operator
        for no key update;
        if not found then return 'NOT_FOUND'; end if;
        if not op.is_active then return 'OPERATOR_INACTIVE'; end if;
        if op.availability <> 'AVAILABLE' then return 'OPERATOR_OFFLINE'; end if;
        if op.max_load is not null then
          select count(*) into load from conversations c
          where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED';
          if load >= op.max_load then return 'OPERATOR_AT_CAPACITY'; end if;
        end if;
        return null;
      end
      $$;

      -- Gives the operator the best conversation of their inboxes. One round trip: it sets the tenant itself.
      -- refusal is null on success; details are null when nothing waits.
      create function allocate_conversation(p_tenant uuid, p_operator uuid, p_event uuid)
      returns table (refusal text, details conversation_details)
      language plpgsql volatile
      as $$
      declare
        why text;
        inboxes uuid[];
        depth integer := 8;
        next_in_line uuid;
        picked conversations;
        score double precision;
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        perform share_ranking(p_tenant);
        why := lock_operator_to_take(p_tenant, p_operator);
        if why is not null then
          return query select why, null::conversation_details;
          return;
        end if;
        inboxes := takeable_inboxes(p_tenant, p_operator);

        -- Others may hold the best ones just now: skip those and look deeper, so that callers do not queue up behind
        -- each other. The row is checked again under its lock, since it may have gone or moved since it was read.
        loop
          select c.* into picked
          from tenants t
          cross join lateral queue_page(t, inboxes, statement_timestamp(), depth, 'Infinity', '-infinity',
            '00000000-0000-0000-0000-000000000000') q
          join conversations c on c.tenant_id = p_tenant and c.id = q.id and c.inbox_id = q.inbox_id and c.state = 'QUEUED'
          where t.id = p_tenant
          order by q.urgency desc, q.basis_at, q.id
          limit 1
          for no key update of c skip locked;
          exit when found or depth >= 2048;
          depth := depth * 8;
          exit when not exists (
            select from conversations c
            where c.tenant_id = p_tenant and c.inbox_id = any (inboxes) and c.state = 'QUEUED');
        end loop;

        -- All that wait are held by others, perhaps only for a moment by a new message: wait for them rather than
        -- answer that nothing waits. The operator is locked already, so the lock order holds.
        while picked.id is null loop
          select q.id into next_in_line
          from tenants t
          cross join lateral queue_page(t, inboxes, statement_timestamp(), 1, 'Infinity', '-infinity',
            '00000000-0000-0000-0000-000000000000') q
          where t.id = p_tenant;
          exit when not found;
          select c.* into picked from conversations c
          where c.tenant_id = p_tenant and c.id = next_in_line and c.inbox_id = any (inboxes) and c.state = 'QUEUED'
          for no key update;
        end loop;
        if picked.id is null then
          return query select null::text, null::conversation_details;
          return;
        end if;

        select queue_score(t, inboxes, picked.id, picked.message_count, picked.basis_at, statement_timestamp()) into score
        from tenants t where t.id = p_tenant;
        update conversations c
        set state = 'ALLOCATED', assigned_operator_id = p_operator, basis_at = null, saturated = null, queue_key = null,
          version = c.version + 1, last_event_id = p_event, updated_at = now()
        where c.tenant_id = p_tenant and c.id = picked.id and c.state = 'QUEUED';
        insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
          actor_type, actor_id, reason, score, from_state, from_inbox_id, to_state, to_operator_id, to_inbox_id)
        values (p_tenant, p_event, 'conversation.allocated', picked.id, picked.inbox_id, picked.external_conversation_id,
          picked.version + 1, 'OPERATOR', p_operator::text,
          'Asked for the next conversation: this one was first in line with a score of ' || round(score::numeric, 4),
          score, 'QUEUED', picked.inbox_id, 'ALLOCATED', p_operator, picked.inbox_id);
        -- With autoSubscribe, taking subscribes.
        insert into subscriptions (tenant_id, inbox_id, operator_id)
        select p_tenant, picked.inbox_id, p_operator from tenants t where t.id = p_tenant and t.auto_subscribe
        on conflict do nothing;

        return query select null::text, d from conversation_details d where d.tenant_id = p_tenant and d.id = picked.id;
      end
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function allocate_conversation, lock_operator_to_take, takeable_inboxes, identify_caller;
      drop view conversation_details;
    `);
  }
}
