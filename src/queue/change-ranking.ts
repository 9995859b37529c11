import { sql } from '../database/statement.js';

/** Waits until no transaction writes queue keys, and blocks such writes until the COMMIT. */
export const CHANGE_RANKING = sql`select change_ranking($1)`;

/**
 * Marks the stored keys of the tenant as outdated until they are rewritten. basis_at is outdated too when $3 says that
 * the basis of the delay changed, or when an earlier such change is not complete.
 */
export const BEGIN_RERANKING = sql`
  update tenants
  set reranked_up_to = $2, delay_basis_changes = $3 or (delay_basis_changes and reranked_up_to is not null)
  where id = $1`;
