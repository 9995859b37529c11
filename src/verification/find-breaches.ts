import type { ClientBase } from 'pg';
import { LOWEST_ID } from '../database/id.js';
import { CHECKS } from './checks.js';
import type { Check } from './check.js';

/** A row that breaks an invariant. */
export interface Finding {
  readonly check: string;
  readonly severity: Check['severity'];
  readonly tenantId: string;
  /** The kind of resource: conversation, operator, inbox or label. */
  readonly subject: string;
  readonly id: string;
  readonly problem: string;
}

/** Receives the progress and the findings of the verification. */
export interface Report {
  finding(finding: Finding): void;
  /** Called before each check of a tenant: number `nth` of `count`. */
  check?(tenantId: string, name: string, nth: number, count: number): void;
  /** Called after each tenant. `findings` is its number of breaches, without warnings. */
  tenant?(tenantId: string, findings: number): void;
}

/** The most rows in memory, however many breaches there are. */
const ROWS_AT_ONCE = 1_000;
const TENANTS_AT_ONCE = 100;

/**
 * Checks every invariant for every tenant, as the owner of the schema. It changes nothing and can run beside the
 * service: each tenant is read in one snapshot.
 * @returns the number of breaches, without warnings
 */
export async function verify(client: ClientBase, report: Report): Promise<number> {
  let findings = 0;
  for await (const tenantId of tenants(client)) findings += await verifyTenant(client, tenantId, report);
  return findings;
}

/** Checks one tenant. */
export async function verifyTenant(client: ClientBase, tenantId: string, report: Report): Promise<number> {
  let findings = 0;
  await client.query('begin isolation level repeatable read read only');
  try {
    // The checks read every row, so the planner should optimize for all rows, not for the first few. Where the
    // statistics do not know the tenant yet, it would look at all rows again for each row. What cannot be joined otherwise
    // has an enormous cost before PostgreSQL 18, so each such check would be compiled first.
    await client.query(
      `select set_config('app.tenant_id', $1::uuid::text, true), set_config('cursor_tuple_fraction', '1', true),
        set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)`,
      [tenantId],
    );
    for (const [i, check] of CHECKS.entries()) {
      report.check?.(tenantId, check.name, i + 1, CHECKS.length);
      for await (const row of breachesOf(client, check, tenantId)) {
        report.finding({ check: check.name, severity: check.severity, tenantId, ...row });
        if (check.severity === 'breach') findings++;
      }
    }
  } finally {
    // A lost connection makes the rollback fail too. The first error is the one to report.
    await client.query('rollback').catch(() => undefined);
  }
  report.tenant?.(tenantId, findings);
  return findings;
}

async function* breachesOf(
  client: ClientBase,
  check: Check,
  tenantId: string,
): AsyncGenerator<Pick<Finding, 'subject' | 'id' | 'problem'>> {
  await client.query(`declare breaches no scroll cursor for ${check.text}`, [tenantId]);
  for (;;) {
    const { rows } = await client.query<Pick<Finding, 'subject' | 'id' | 'problem'>>(
      `fetch forward ${ROWS_AT_ONCE} from breaches`,
    );
    yield* rows;
    if (rows.length < ROWS_AT_ONCE) break;
  }
  await client.query('close breaches');
}

/** Oldest first. Tenants created during the verification come last and are checked too. */
async function* tenants(client: ClientBase): AsyncGenerator<string> {
  let after = ['-infinity', LOWEST_ID];
  for (;;) {
    const { rows } = await client.query<{ id: string; position: string }>(
      'select id, created_at::text as position from tenants_for_platform($1::timestamptz, $2::uuid, $3)',
      [...after, TENANTS_AT_ONCE],
    );
    for (const { id } of rows) yield id;
    const last = rows.at(-1);
    if (last === undefined || rows.length < TENANTS_AT_ONCE) return;
    after = [last.position, last.id];
  }
}
