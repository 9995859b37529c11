import type { Response } from 'supertest';
import type { Headers } from './application.js';
import type { World } from './world.js';

export const keyed = (headers: Headers, key: string): Headers => ({ ...headers, 'Idempotency-Key': key });

/** `true` for a response that was given before. */
export const replayed = ({ headers }: Response) => headers['idempotency-replayed'];

/** The keys of a tenant that are remembered. */
export const keysOf = ({ app, tenantId }: World) =>
  app.database.rows<{ route: string }>('select route from idempotency_keys where tenant_id = $1', [tenantId]);
