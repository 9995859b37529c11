import { createHash, randomBytes } from 'node:crypto';
import { parse } from 'uuid';

/**
 * A key reads `iak_<public part>_<secret>`. Both parts are base64url. The public part holds the tenant id and the key
 * id, so that the check reads the rows of one tenant only; it is not secret. The secret is 256 random bits.
 */
const KEY = /^iak_([\w-]{43})_([\w-]{43})$/;

export interface ApiKeyParts {
  tenantId: string;
  keyId: string;
  secret: string;
}

/** @returns the parts of a key; null when the text is not an API key */
export function parseApiKey(text: string): ApiKeyParts | null {
  const [, publicPart, secret] = KEY.exec(text) ?? [];
  if (publicPart === undefined || secret === undefined) return null;
  const ids = Buffer.from(publicPart, 'base64url');
  return { tenantId: uuidOf(ids.subarray(0, 16)), keyId: uuidOf(ids.subarray(16)), secret };
}

/** The secret part of a new key. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The form in which a secret is stored: SHA-256 of its text, 32 bytes. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The part of a key that is not secret, `iak_…`. */
export function publicPrefix(tenantId: string, keyId: string): string {
  return `iak_${Buffer.concat([parse(tenantId), parse(keyId)]).toString('base64url')}`;
}

/** Accepts any 16 bytes. An id that does not exist fails later, in the lookup. */
export function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
