import type { Response } from 'supertest';
import type { Headers } from './application.js';
import type { World } from './world.js';

export const keyed = (headers: Headers, key: string): Headers => ({ ...headers, 'Idempotency-Key': key });

/** `true` for a stored response. */
export const replayed = ({ headers }: Response) => headers['idempotency-replayed'];

/** The stored keys of a tenant. */
export const keysOf = ({ app, tenantId }: World) =>
  app.database.rows<{ route: string }>('select route from idempotency_keys where tenant_id = $1', [tenantId]);

/** The stored responses of a tenant, as they are in the table. */
export async function sealedResponses({ app, tenantId }: World): Promise<Buffer[]> {
  const rows = await app.database.rows<{ answer: Buffer }>(
    'select answer from idempotency_keys where tenant_id = $1',
    [tenantId],
  );
  return rows.map(({ answer }) => answer);
}
