import { createHash } from 'node:crypto';

/** A cursor with a valid checksum, which is no secret, for any position. */
export function forged(scope: readonly unknown[], payload: string): string {
  const checksum = createHash('sha256')
    .update(JSON.stringify([scope, payload]))
    .digest('base64url')
    .slice(0, 16);
  return Buffer.from(`${checksum}${payload}`).toString('base64url');
}
