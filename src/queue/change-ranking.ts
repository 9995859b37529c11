import { sql } from '../database/statement.js';

/** Waits until nobody writes queue keys any more, and keeps others from it until the end of the transaction. */
export const CHANGE_RANKING = sql`select change_ranking($1)`;

/**
 * From here on, nobody trusts the stored keys until they have been rewritten; nor basis_at, where $3 says that the delay
 * is counted from something else, or where an earlier change of that is not finished.
 */
export const BEGIN_RERANKING = sql`
  update tenants
  set reranked_up_to = $2, delay_basis_changes = $3 or (delay_basis_changes and reranked_up_to is not null)
  where id = $1`;
