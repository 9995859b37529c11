import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** What was answered, as it is kept. */
export type StoredResponse =
  | { kind: 'done'; status: number; etag: string | null; body: unknown }
  | { kind: 'refused'; code: string; detail: string; members: Readonly<Record<string, unknown>> };

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Answers hold phone numbers, and secrets that are shown once. Kept as they are, the database would show them for a day;
 * so they are sealed with the caller's key, of which the database has only the hash.
 */
export function seal(response: StoredResponse, key: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, sealingKey(key), iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(response), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

export function unseal(sealed: Buffer, key: string): StoredResponse {
  const decipher = createDecipheriv(CIPHER, sealingKey(key), sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  return JSON.parse(text.toString('utf8')) as StoredResponse;
}

/** By this a key is found. */
export function hashOfKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Another hash than the one that is stored: that one must not open anything. */
function sealingKey(key: string): Buffer {
  return createHash('sha256').update(`sealing ${key}`).digest();
}
