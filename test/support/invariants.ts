import { verify, verifyTenant, type Finding } from '../../src/verification/find-breaches.js';
import type { TestDatabase } from './database.js';

/**
 * Runs the checks of `pnpm run verify`. Warnings count too, because no caller of this lowers a maxLoad.
 * @param tenantId null: all tenants
 * @throws an Error with each row and its fault
 */
export async function expectInvariants(
  database: TestDatabase,
  tenantId: string | null = null,
): Promise<void> {
  const found: Finding[] = [];
  const report = { finding: (finding: Finding) => void found.push(finding) };
  if (tenantId === null) await verify(database.owner, report);
  else await verifyTenant(database.owner, tenantId, report);
  if (found.length === 0) return;
  const shown = found
    .slice(0, 10)
    .map(({ check, subject, id, problem }) => `${check}: ${subject} ${id} ${problem}`);
  throw new Error(`${found.length} broken, such as\n${shown.join('\n')}`);
}
