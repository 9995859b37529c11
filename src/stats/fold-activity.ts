import { sql } from '../database/statement.js';

/** The tenants with ledger entries that are not folded. This is a function because it reads across tenants. */
export const TENANTS_TO_FOLD = sql`select tenants_to_fold() as tenant_id`;

/** Folds up to $2 entries of tenant $1 and returns their number; 0 while another instance folds the tenant. */
export const FOLD_ACTIVITY = sql`select fold_activity($1, $2) as entries`;
