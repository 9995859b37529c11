import { LOWEST_ID } from '../../src/database/id.js';
import type { World } from './world.js';

/** As in the middle of a change of the weights: the stored keys tell nothing, and will not for as long as the test goes. */
export async function asIfKeysWereRewritten({ app, tenantId }: World): Promise<void> {
  await app.database.rows(
    `update conversations set queue_key = hashtext(id::text) where tenant_id = $1 and state = 'QUEUED'`,
    [tenantId],
  );
  await app.database.rows('update tenants set reranked_up_to = $2 where id = $1', [tenantId, LOWEST_ID]);
}
