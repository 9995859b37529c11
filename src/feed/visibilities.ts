import { identityOf, seesWholeTenant, type Role, type TenantPrincipal } from '../access/principal.js';
import type { Visibility } from '../conversations/visibility.js';
import { inboxesToTakeFrom } from '../inboxes/takeable-inboxes.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';

interface Entitled {
  id: string;
  /** null for an API key. */
  role: Role | null;
  inboxes: string[] | null;
}

/**
 * $1 tenant; $2 operators and $3 API keys with open streams. Callers without rights have no row. The row of the tenant is
 * missing when it is suspended.
 */
const ENTITLED = sql`
  select o.id, o.role, case when o.role = 'OPERATOR' then ${inboxesToTakeFrom('$1', 'o.id')} end as inboxes
  from operators o
  where o.tenant_id = $1 and o.id = any ($2::uuid[]) and o.is_active
  union all
  select t.id, null, null from tenants t where t.id = $1 and not t.is_suspended
  union all
  select k.id, null, null from api_keys k
  where k.revoked_at is null and k.tenant_id = $1 and k.id = any ($3::uuid[]) and (k.expires_at is null or k.expires_at > now())`;

/**
 * The current visibility of each caller, by identity; null means the whole tenant. A caller is missing when the
 * operator was deactivated, or when the key was revoked or has expired. A caller is also missing when their role
 * changed, because their cursors belong to another visibility. In a suspended tenant all are missing.
 */
export async function visibilitiesOf(
  tx: Transaction,
  tenantId: string,
  callers: readonly TenantPrincipal[],
): Promise<Map<string, Visibility | null>> {
  const operators = callers.flatMap((caller) => (caller.kind === 'operator' ? [caller.operatorId] : []));
  const keys = callers.flatMap((caller) => (caller.kind === 'service' ? (caller.apiKeyId ?? []) : []));
  const rows = await rowsOf<Entitled>(tx, ENTITLED, [tenantId, [...new Set(operators)], [...new Set(keys)]]);
  const entitled = new Map(rows.map((row) => [row.id, row]));
  const visibilities = new Map<string, Visibility | null>();
  if (!entitled.has(tenantId)) return visibilities;
  for (const caller of callers) {
    const visibility = visibilityOf(caller, entitled);
    if (visibility !== undefined) visibilities.set(identityOf(caller), visibility);
  }
  return visibilities;
}

function visibilityOf(
  caller: TenantPrincipal,
  entitled: ReadonlyMap<string, Entitled>,
): Visibility | null | undefined {
  if (caller.kind === 'service') {
    // Services behind a gateway are in no table.
    return caller.apiKeyId === null || entitled.has(caller.apiKeyId) ? null : undefined;
  }
  const { operatorId } = caller;
  const found = entitled.get(operatorId);
  if (found === undefined || (found.role === 'OPERATOR') === seesWholeTenant(caller)) return undefined;
  return found.inboxes === null ? null : { operatorId, inboxes: found.inboxes };
}
