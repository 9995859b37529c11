import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares in constant time, whatever was sent. */
export function isSameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

/** Equal lengths for the comparison. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** What stands in `Authorization: Bearer …`. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
}
