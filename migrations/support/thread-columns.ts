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

  -- The number without what some countries put before it or leave out (src/customers).
  create function migrated_phone_key(p_number text) returns text
  language plpgsql immutable as $$
  begin
    return case
      when p_number ~ '^\\+521[0-9]{10}$' then '+52' || substr(p_number, 5)
      when p_number ~ '^\\+549[0-9]{10}$' then '+54' || substr(p_number, 5)
      when p_number ~ '^\\+55[0-9]{2}9[0-9]{8}$' then left(p_number, 5) || substr(p_number, 7)
      when p_number ~ '^\\+22901[0-9]{8}$' then '+229' || substr(p_number, 7)
      when p_number ~ '^\\+225[0-9]{10}$' then '+225' || right(p_number, 8)
      else p_number end;
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
