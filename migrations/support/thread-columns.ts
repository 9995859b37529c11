/**
 * How the rows of conversations get the columns of threads and customers. One ALTER TABLE writes the table once and
 * leaves no dead rows behind, where an UPDATE of millions of rows would double the table. It asks these functions for
 * each row, and each of them looks into the ledger once. Only this migration has them.
 */
export const COLUMNS_OF_ROWS = `
  -- The inbox of the first entry. Of one that never changed it is the present inbox.
  create function migrated_origin(p_tenant uuid, p_conversation uuid, p_version integer, p_inbox uuid) returns uuid
  language plpgsql stable as $$
  declare
    origin uuid;
  begin
    if p_version > 1 then
      select e.to_inbox_id into origin from conversation_events e
      where e.tenant_id = p_tenant and e.conversation_id = p_conversation and e.version = 1;
    end if;
    return coalesce(origin, p_inbox);
  end $$;

  -- Of one that was never reopened, all messages. Otherwise, what the ids of messages say that came since it was reopened,
  -- and at least the one that reopened it.
  create function migrated_waiting_count(
    p_tenant uuid, p_conversation uuid, p_external_id text, p_message_count integer, p_last_resolved_at timestamptz)
  returns integer
  language plpgsql stable as $$
  declare
    reopened timestamptz;
    known bigint;
  begin
    if p_last_resolved_at is null then return p_message_count; end if;
    select e.occurred_at into reopened from conversation_events e
    where e.tenant_id = p_tenant and e.conversation_id = p_conversation and e.type = 'conversation.reopened'
    order by e.version desc limit 1;
    if reopened is null then return p_message_count; end if;
    select count(*) into known from processed_messages m
    where m.tenant_id = p_tenant and m.external_conversation_id = p_external_id and m.seen_at >= reopened;
    return greatest(1, least(p_message_count - 1, known));
  end $$;

  -- The holder from whom it was resolved; null where nobody held it.
  create function migrated_last_operator(p_tenant uuid, p_conversation uuid) returns uuid
  language plpgsql stable as $$
  begin
    return (
      select e.from_operator_id from conversation_events e
      where e.tenant_id = p_tenant and e.conversation_id = p_conversation and e.type = 'conversation.resolved'
      order by e.version desc limit 1);
  end $$;

  -- The form that all forms of one person's number share: src/customers/match-key.ts has the same list.
  create function migrated_phone_key(p_number text) returns text
  language plpgsql immutable as $$
  begin
    if p_number !~ '^\\+(52|54|55|229|225)' then return p_number; end if;
    return coalesce((
      select regexp_replace(p_number, v.former, v.key)
      from (values
        (1, '^\\+521([0-9]{10})$', '+52\\1'),
        (2, '^\\+549([0-9]{10})$', '+54\\1'),
        (3, '^\\+55([0-9]{2})([6-9][0-9]{7})$', '+55\\19\\2'),
        (4, '^\\+229([0-9]{8})$', '+22901\\1'),
        (5, '^\\+225([2-3][0-9]8[0-9]{5})$', '+22521\\1'),
        (6, '^\\+225([2-3][0-9]0[0-9]{5})$', '+22525\\1'),
        (7, '^\\+225([2-3][0-9]{7})$', '+22527\\1'),
        (8, '^\\+225([0-9][0-3][0-9]{6})$', '+22501\\1'),
        (9, '^\\+225([0-9][4-6][0-9]{6})$', '+22505\\1'),
        (10, '^\\+225([0-9][7-9][0-9]{6})$', '+22507\\1')) v (n, former, key)
      where p_number ~ v.former
      order by v.n
      limit 1), p_number);
  end $$;

  alter table conversations
    alter column origin_inbox_id type uuid using migrated_origin(tenant_id, id, version, inbox_id),
    alter column phone_key type text using migrated_phone_key(customer_phone_number),
    alter column waiting_message_count type integer using migrated_waiting_count(
      tenant_id, id, external_conversation_id, message_count, last_resolved_at),
    alter column last_operator_id type uuid using
      case when state = 'RESOLVED' then migrated_last_operator(tenant_id, id) end`;

/** A message id belongs to a thread, and so to the inbox that it came in by. */
export const ORIGIN_OF_MESSAGES = `
  create function migrated_message_origin(p_tenant uuid, p_external_id text) returns uuid
  language plpgsql stable as $$
  begin
    return (
      select c.origin_inbox_id from conversations c
      where c.tenant_id = p_tenant and c.external_conversation_id = p_external_id);
  end $$;

  alter table processed_messages add column origin_inbox_id uuid;
  alter table processed_messages drop constraint processed_messages_pk;
  alter table processed_messages
    alter column origin_inbox_id type uuid using migrated_message_origin(tenant_id, external_conversation_id);
  -- Of no conversation.
  delete from processed_messages where origin_inbox_id is null;
  alter table processed_messages alter column origin_inbox_id set not null;
  alter table processed_messages
    add constraint processed_messages_pk primary key (tenant_id, external_conversation_id, message_id, origin_inbox_id)`;

export const DROP_FUNCTIONS = `
  drop function migrated_origin, migrated_waiting_count, migrated_last_operator, migrated_phone_key,
    migrated_message_origin`;
