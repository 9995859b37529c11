-- Whether giving away one waiting conversation leaves the order of the others unchanged. With CANDIDATE_WINDOW, and
-- while the basis of the delay is being rewritten, the order has to be computed again for each.
create or replace function has_lasting_order(settings priority_settings)
returns boolean
language sql immutable parallel safe
as $$
  select settings.normalization = 'FIXED' and not (settings.is_reranking and settings.delay_basis_changes)
$$;
