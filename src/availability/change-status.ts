import { sql } from '../database/statement.js';

/** The operator as they are now, locked: nobody hands them anything until the end of the transaction. */
export const LOCK_OPERATOR = sql`
  select availability, is_active from operators where tenant_id = $1 and id = $2 for no key update`;

export const CHANGE_STATUS = sql`
  update operators set availability = $3, last_status_change_at = now(), updated_at = now()
  where tenant_id = $1 and id = $2`;
