import { createHash, randomBytes } from 'node:crypto';
import { parse } from 'uuid';

/**
 * A key reads `iak_<public part>_<secret>`. The public part is the tenant's id and the key's, so that whoever checks the
 * key looks into one tenant only; it may be shown. The secret is 256 random bits. Both are base64url.
 */
const KEY = /^iak_([\w-]{43})_([\w-]{43})$/;

export interface ApiKeyParts {
  tenantId: string;
  keyId: string;
  secret: string;
}

/** @returns the parts of a key; null: the text is no API key */
export function parseApiKey(text: string): ApiKeyParts | null {
  const [, publicPart, secret] = KEY.exec(text) ?? [];
  if (publicPart === undefined || secret === undefined) return null;
  const ids = Buffer.from(publicPart, 'base64url');
  return { tenantId: uuidOf(ids.subarray(0, 16)), keyId: uuidOf(ids.subarray(16)), secret };
}

/** Secret part of a new key. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a secret: SHA-256 of its text, 32 bytes. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The part of a key that may be shown, `iak_…`. */
export function publicPrefix(tenantId: string, keyId: string): string {
  return `iak_${Buffer.concat([parse(tenantId), parse(keyId)]).toString('base64url')}`;
}

/** Any 16 bytes: an id that was never given out is looked for and not found. */
function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
