-- Whether the order of those who wait stays as it is when one of them is given to somebody. With CANDIDATE_WINDOW, and while
-- the basis of the delay is being rewritten, it is found anew for each.
create or replace function has_lasting_order(settings priority_settings)
returns boolean
language sql immutable parallel safe
as $$
  select settings.normalization = 'FIXED' and not (settings.is_reranking and settings.delay_basis_changes)
$$;
