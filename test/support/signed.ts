import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { NewApiKey } from '../../src/api-keys/api-key.js';
import type { Headers, TestApplication } from './application.js';
import { raw, type RawResponse } from './raw.js';
import type { World } from './world.js';

/** An API key whose requests must be signed. */
export async function newSigningKey(world: World): Promise<NewApiKey> {
  const { body } = await world.app
    .call('post', '/api-keys', world.admin)
    .send({ name: `orchestrator ${randomUUID()}`, requestSigning: true })
    .expect(201);
  return body as NewApiKey;
}

export interface Signed {
  method?: string;
  /** With the query, as it is sent. */
  path?: string;
  body?: string;
  id?: string;
  at?: Date;
}

/** The headers that sign a request. */
export function signatureOf(signingSecret: string, signed: Signed = {}): Headers {
  const { method = 'GET', path = '/api/v1/tenant', body = '' } = signed;
  const { id = `req_${randomUUID()}`, at = new Date() } = signed;
  const signature = new Webhook(signingSecret).sign(id, at, `${method} ${path}\n${body}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signature.replace(/^v1,/, 'r1,'),
  };
}

/** A read that is signed with the secret of the key. */
export function callSigned(
  { url }: Pick<TestApplication, 'url'>,
  { key, signingSecret }: Pick<NewApiKey, 'key' | 'signingSecret'>,
): Promise<RawResponse> {
  return raw(url, {
    path: '/api/v1/tenant',
    headers: {
      Authorization: `Bearer ${key}`,
      ...signatureOf(signingSecret!),
    },
  });
}
