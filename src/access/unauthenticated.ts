import { Problem } from '../http/problem.js';
import type { CallerIdentity } from './principal.js';

/** Why somebody is not let in. The log and the metric say it, the response never does. */
export const AUTHENTICATION_FAILURES = [
  'no credentials',
  'both credentials',
  'unknown key',
  'unknown api key',
  'wrong api key secret',
  'expired api key',
  'revoked api key',
  'ticket',
  'token malformed',
  'token expired',
  'token signature',
  'token algorithm',
  'token key',
  'token issuer',
  'token audience',
  'token claims',
  'gateway secret',
  'gateway headers',
  'unknown tenant',
  'unknown operator',
  'signature missing',
  'signature version',
  'signature timestamp',
  'signature wrong',
  'signature repeated',
] as const;
export type AuthenticationFailure = (typeof AUTHENTICATION_FAILURES)[number];

/** All of these problems are the same for the caller, so that nobody learns which part was wrong. */
export class Unauthenticated extends Problem {
  /** @param claimed who the caller says they are */
  constructor(
    override readonly reason: AuthenticationFailure,
    readonly claimed: CallerIdentity | null,
  ) {
    super(
      'UNAUTHENTICATED',
      'Send valid credentials. See "Who is calling" in the documentation.',
      {},
      reason,
    );
  }
}

export function unauthenticated(
  reason: AuthenticationFailure,
  claimed: CallerIdentity | null = null,
): Unauthenticated {
  return new Unauthenticated(reason, claimed);
}
