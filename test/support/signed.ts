import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { NewApiKey } from '../../src/api-keys/api-key.js';
import type { TestApplication } from './application.js';
import { raw, type RawResponse } from './raw.js';
import type { World } from './world.js';

/** An API key whose requests must be signed. */
export async function newSigningKey(world: World): Promise<NewApiKey> {
  const { body } = await world.app
    .call('post', '/api-keys', world.admin)
    .send({ name: 'orchestrator', requestSigning: true })
    .expect(201);
  return body as NewApiKey;
}

/** A read that is signed with the secret of the key. */
export function callSigned(
  { url }: Pick<TestApplication, 'url'>,
  { key, signingSecret }: Pick<NewApiKey, 'key' | 'signingSecret'>,
): Promise<RawResponse> {
  const [id, at] = [`req_${randomUUID()}`, new Date()];
  return raw(url, {
    path: '/api/v1/tenant',
    headers: {
      Authorization: `Bearer ${key}`,
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(signingSecret!).sign(id, at, ''),
    },
  });
}
