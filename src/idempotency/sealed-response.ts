import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';

/** A response in the form in which it is stored. */
export type StoredResponse =
  | { kind: 'done'; status: number; etag: string | null; body: unknown }
  /** The request was done, and its response was too large to store. `see` is the path to look at. */
  | { kind: 'cut'; status: number; etag: string | null; see: string }
  | { kind: 'refused'; code: string; detail: string; members: Readonly<Record<string, unknown>> };

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Compressing takes a tenth of a millisecond, so it is for large responses. A batch of 1,000 becomes a fifth. */
const COMPRESSED_FROM_BYTES = 4_096;
/** How gzip begins. JSON never begins with it. */
const FIRST_OF_GZIP = 0x1f;

/**
 * Responses hold phone numbers, and secrets that are shown once. Stored as plain text, they would be readable in the
 * database for a day. They are encrypted with the caller's key, of which the database has only a hash.
 */
export function seal(response: StoredResponse, key: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, sealingKey(key), iv);
  const json = Buffer.from(JSON.stringify(response));
  const plain = json.length < COMPRESSED_FROM_BYTES ? json : gzipSync(json);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

export function unseal(sealed: Buffer, key: string): StoredResponse {
  const decipher = createDecipheriv(CIPHER, sealingKey(key), sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const plain = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  const json = plain[0] === FIRST_OF_GZIP ? gunzipSync(plain) : plain;
  return JSON.parse(json.toString('utf8')) as StoredResponse;
}

/** The hash by which a key is looked up. */
export function hashOfKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Must differ from the hash that is stored: the stored hash must not decrypt anything. */
function sealingKey(key: string): Buffer {
  return createHash('sha256').update(`sealing ${key}`).digest();
}
