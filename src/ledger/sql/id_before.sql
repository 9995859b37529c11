-- The id directly before another one, for an entry of the ledger that comes before that of the same item. Its last 48 bits
-- are random, so nothing else has it.
create or replace function id_before(p_id uuid)
returns uuid
language sql immutable parallel safe
as $$
  select (left(p_id::text, 24)
    || lpad(to_hex((('x' || right(p_id::text, 12))::bit(48)::bigint + 281474976710655) & 281474976710655), 12, '0'))::uuid
$$;
