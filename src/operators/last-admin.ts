import type { Role } from '../access/principal.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { Problem } from '../http/problem.js';

/**
 * The operator, and all active ADMINs, locked in the order of docs/adr/0003. Two who demote each other come one after
 * the other; the second finds the first no ADMIN any more. $1 tenant, $2 operator
 */
const LOCK_ADMINS = sql`
  select id, role, is_active from operators
  where tenant_id = $1 and (id = $2 or (role = 'ADMIN' and is_active))
  order by id for no key update`;

interface AdminRow {
  id: string;
  role: Role;
  is_active: boolean;
}

/**
 * Call it before the operator is locked.
 * @throws LAST_ADMIN when the change would leave the tenant without an active ADMIN
 */
export async function keepAnAdmin(
  tx: Transaction,
  tenantId: string,
  operatorId: string,
  change: { readonly role?: Role; readonly isActive?: boolean },
): Promise<void> {
  const staysAdmin = (change.role ?? 'ADMIN') === 'ADMIN' && change.isActive !== false;
  if (staysAdmin) return;
  const locked = await rowsOf<AdminRow>(tx, LOCK_ADMINS, [tenantId, operatorId]);
  const admins = locked.filter(({ role, is_active }) => role === 'ADMIN' && is_active);
  if (admins.length === 1 && admins[0]?.id === operatorId)
    throw new Problem(
      'LAST_ADMIN',
      'This is the last active ADMIN of the tenant. Appoint another one first.',
    );
}
