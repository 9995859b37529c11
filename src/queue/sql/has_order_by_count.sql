-- Whether heads_by_count returns the order of the queue: a change of the weights is being carried out, and basis_at has
-- its final value already. The index that it reads has the messages since the customer began to wait.
create or replace function has_order_by_count(settings priority_settings)
returns boolean
language sql immutable parallel safe
as $$
  select settings.normalization = 'FIXED' and settings.is_reranking and not settings.delay_basis_changes
    and settings.count_basis = 'WAITING'
$$;
