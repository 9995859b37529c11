import { LOWEST_ID } from '../../src/database/id.js';
import type { World } from './world.js';

/** Marks the stored keys as outdated for the whole test, as during a change of the weights. */
export async function asIfKeysWereRewritten({ app, tenantId }: World): Promise<void> {
  await app.database.rows(
    `update conversations set queue_key = hashtext(id::text) where tenant_id = $1 and state = 'QUEUED'`,
    [tenantId],
  );
  await app.database.rows('update tenants set reranked_up_to = $2 where id = $1', [tenantId, LOWEST_ID]);
}
