import { isUUID } from 'class-validator';
import type { Database } from '../database/database.js';
import { sql } from '../database/statement.js';
import type { CallerIdentity, Role } from './principal.js';

/** $1 tenants, $2 operators, null for a service; $3 and $4 what a token calls them. */
const IDENTIFY_CALLERS = sql`
  select nth, tenant_id, operator_id, role, is_active, is_suspended from identify_callers($1, $2, $3, $4)`;

/** $1 tenant, $2 operator, null for a service; $3 what a token calls them */
const IDENTIFY_CALLER = sql`
  select tenant_id, operator_id, role, is_active, is_suspended from identify_caller($1, $2, $3)`;

/** $1 what a token calls the tenant */
const TENANT_WITH_EXTERNAL_ID = sql`select tenant_with_external_id($1) as tenant_id`;

export interface ClaimedCaller {
  readonly tenant: string;
  /** null: a service. */
  readonly operator: string | null;
  /** Whether they can be external ids. */
  readonly isFromToken: boolean;
  /** For the log. */
  readonly identity: CallerIdentity['identity'];
}

export interface CallerRow {
  tenant_id: string;
  operator_id: string | null;
  role: Role | null;
  is_active: boolean | null;
  is_suspended: boolean;
}

type Found = Map<ClaimedCaller, CallerRow>;

/** Looks up callers of several tenants in one round trip. */
export async function findCallers(database: Database, claimed: readonly ClaimedCaller[]): Promise<Found> {
  const rows = await database.query<CallerRow & { nth: number }>(null, IDENTIFY_CALLERS, [
    claimed.map(({ tenant }) => idOrNull(tenant)),
    claimed.map(({ operator }) => idOrNull(operator)),
    claimed.map(({ tenant, isFromToken }) => (isFromToken ? tenant : null)),
    claimed.map(({ operator, isFromToken }) => (isFromToken ? operator : null)),
  ]);
  const found: Found = new Map();
  for (const row of rows) {
    const caller = claimed[row.nth - 1];
    if (caller !== undefined) found.set(caller, row);
  }
  return found;
}

/** Looks up each caller on the node of their tenant. */
export async function findEachCaller(database: Database, claimed: readonly ClaimedCaller[]): Promise<Found> {
  const found: Found = new Map();
  await Promise.all(
    claimed.map(async (caller) => {
      const row = await findCaller(database, caller);
      if (row !== undefined) found.set(caller, row);
    }),
  );
  return found;
}

async function findCaller(database: Database, caller: ClaimedCaller): Promise<CallerRow | undefined> {
  const { tenant, operator, isFromToken } = caller;
  const look = async (tenantId: string | null) => {
    if (tenantId === null) return undefined;
    const values = [tenantId, idOrNull(operator), isFromToken ? operator : null];
    const [row] = await database.query<CallerRow>(tenantId, IDENTIFY_CALLER, values);
    return row;
  };
  const row = await look(idOrNull(tenant));
  if (row !== undefined || !isFromToken) return row;
  const [named] = await database.query<{ tenant_id: string | null }>(null, TENANT_WITH_EXTERNAL_ID, [tenant]);
  return look(named?.tenant_id ?? null);
}

export function idOrNull(text: string | null): string | null {
  return text !== null && isUUID(text) ? text.toLowerCase() : null;
}
