import { sql } from '../database/statement.js';

/** The tenants whose ledger has something to fold. Looks across tenants, by a function of its own. */
export const TENANTS_TO_FOLD = sql`select tenants_to_fold() as tenant_id`;

/** Folds up to $2 entries of tenant $1; how many there were. Nothing while another instance does. */
export const FOLD_ACTIVITY = sql`select fold_activity($1, $2) as entries`;
