import { isUUID } from 'class-validator';
import type { JWTPayload } from 'jose';
import { STORABLE } from '../http/storable.js';

const MAX_LENGTH = 255;

/** What Microsoft writes into the issuer in place of the directory, which tokens have in their claim `tid`. */
export const DIRECTORY = '{tenantid}';

/**
 * The text of a claim. A claim with this whole name comes first, so that names such as `https://inbox.example/tenant`
 * work; then dots lead into nested claims, as in `app_metadata.tenant`.
 * @returns null when there is no such claim, or none that could be an id
 */
export function findClaim(payload: JWTPayload, name: string): string | null {
  const value = memberOf(payload, name) ?? name.split('.').reduce<unknown>(memberOf, payload);
  const isId =
    typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH && STORABLE.test(value);
  return isId ? value : null;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** An issuer with `{tenantid}` stands for those of all directories of Microsoft Entra ID, each with its own tokens. */
export function isIssuedBy({ iss, tid }: JWTPayload, issuer: string): boolean {
  if (!issuer.includes(DIRECTORY)) return iss === issuer;
  return typeof tid === 'string' && isUUID(tid) && iss === issuer.replace(DIRECTORY, tid);
}

/** Access tokens of Amazon Cognito have no `aud`: their `client_id` is the application that they are for. */
export function isMeantFor(
  { aud, token_use: use, client_id: client }: JWTPayload,
  audience: string,
): boolean {
  if (aud === undefined) return use === 'access' && client === audience;
  return [aud].flat().includes(audience);
}
