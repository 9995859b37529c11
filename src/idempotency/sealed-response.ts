import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Place } from '../secrets/secret-columns.js';
import type { SecretKeys } from '../secrets/secret-keys.js';
import { decrypt, encrypt } from '../secrets/sealing.js';

/** A response in the form in which it is stored. */
export type StoredResponse =
  | { kind: 'done'; status: number; etag: string | null; body: unknown }
  /** The request was done, and its response was too large to store. `see` is the path to look at. */
  | { kind: 'cut'; status: number; etag: string | null; see: string }
  | { kind: 'refused'; code: string; detail: string; members: Readonly<Record<string, unknown>> };

/** Its data were those of a customer who was erased. Only the key is stored. */
export interface ErasedResponse {
  kind: 'erased';
  see: string;
}

/** Compressing takes a tenth of a millisecond, so it is for large responses. A batch of 1,000 becomes a fifth. */
const COMPRESSED_FROM_BYTES = 4_096;
/** How gzip begins. JSON never begins with it. */
const FIRST_OF_GZIP = 0x1f;

/**
 * Responses hold phone numbers. They are sealed with the key of the environment and the caller's key. Without SECRETS_KEY
 * they are sealed with the caller's key alone, of which the database has only a hash. Somebody who reads the database can
 * guess a key such as the number of an order.
 */
export function seal(response: StoredResponse, key: string, place: Place, secrets: SecretKeys): Buffer {
  const json = Buffer.from(JSON.stringify(response));
  const plain = json.length < COMPRESSED_FROM_BYTES ? json : gzipSync(json);
  return secrets.sealResponse(plain, key, place) ?? encrypt(guessableKey(key), plain);
}

/** @throws SecretUnreadable when the key of the environment that sealed it is not configured any more */
export function unseal(sealed: Buffer, key: string, place: Place, secrets: SecretKeys): StoredResponse {
  const plain = secrets.openResponse(sealed, key, place) ?? decrypt(guessableKey(key), sealed);
  const json = plain[0] === FIRST_OF_GZIP ? gunzipSync(plain) : plain;
  return JSON.parse(json.toString('utf8')) as StoredResponse;
}

/** The hash by which a key is looked up. */
export function hashOfKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Must differ from the hash that is stored: the stored hash must not decrypt anything. */
function guessableKey(key: string): Buffer {
  return createHash('sha256').update(`sealing ${key}`).digest();
}

/**
 * The response without the fields that are shown once, so that the database keeps none of these secrets, not even sealed.
 */
export function withoutShownOnce(response: StoredResponse, fields: readonly string[]): StoredResponse {
  if (response.kind !== 'done' || fields.length === 0) return response;
  const hidden = Object.fromEntries(fields.map((field) => [field, null]));
  return { ...response, body: { ...(response.body as object), ...hidden } };
}
