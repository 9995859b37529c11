import type { SetStatus, StatusResponse } from '../../src/operators/status.js';
import { verifyTenant, type Finding } from '../../src/verification/find-breaches.js';
import type { Headers } from './application.js';
import type { World } from './world.js';

type Somebody = { id: string; headers: Headers };

export const settingStatus = ({ app }: World, { id }: { id: string }, by: Headers, request: object) =>
  app.call('put', `/operators/${id}/status`, by).send(request);

/** Sets the status of somebody by themselves. */
export async function putStatus(
  world: World,
  somebody: Somebody,
  request: SetStatus,
  by = somebody.headers,
): Promise<StatusResponse> {
  return (await settingStatus(world, somebody, by, request).expect(200)).body as StatusResponse;
}

export async function statusOf({ app, admin }: World, { id }: { id: string }): Promise<StatusResponse> {
  return (await app.call('get', `/operators/${id}/status`, admin).expect(200)).body as StatusResponse;
}

/** The ledger of the status of somebody, oldest first. */
export function statusEntriesOf({ app, tenantId }: World, { id }: { id: string }) {
  return app.database.rows<{ type: string; actor: string; reason: string }>(
    `select type, actor_type as actor, reason from conversation_events
    where tenant_id = $1 and conversation_id is null and to_operator_id = $2 order by occurred_at, id`,
    [tenantId, id],
  );
}

/** What `verify` finds in the tenant, warnings included. */
export async function findingsIn({ app, tenantId }: World): Promise<Finding[]> {
  const found: Finding[] = [];
  await verifyTenant(app.database.owner, tenantId, { finding: (finding) => void found.push(finding) });
  return found;
}
