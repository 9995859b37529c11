-- The value of a field in the newest of some messages that has one. Messages are objects with at and index.
create or replace function newest_value(p_messages jsonb, p_field text)
returns text
language sql stable
as $$
  select m ->> p_field
  from jsonb_array_elements(p_messages) m
  where m ->> p_field is not null
  order by (m ->> 'at')::timestamptz desc, (m ->> 'index')::integer desc
  limit 1
$$;
