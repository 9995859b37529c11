import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from './openapi.js';
import { transport, type Retries } from './transport.js';

export {
  isProblem,
  ProblemError,
  ResponseNotStoredError,
  UnexpectedResponseError,
  unwrap,
} from './problem.js';
export type { Problem, ProblemCode, ProblemOf } from './problem.js';
export type { Retries } from './transport.js';

/** Every operation by its path, with the types of `openapi.json`: `client.GET('/api/v1/inboxes')`. */
export type InboxClient = Client<paths>;

/** Adds what proves who is calling. */
export type Credentials = (request: Request) => void | Promise<void>;

export interface ClientOptions {
  /** The address of the service without a path: `https://inbox.example.com`. */
  readonly baseUrl: string;
  readonly credentials?: Credentials;
  readonly retries?: Partial<Retries>;
  /** How long an attempt may take; 35 seconds unless said otherwise, a little longer than the service gives itself. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

export function createClient({
  baseUrl,
  credentials,
  retries,
  timeoutMs = 35_000,
  fetch,
}: ClientOptions): InboxClient {
  return createFetchClient<paths>({
    baseUrl,
    // The service takes several values with commas in between, and each parameter once.
    querySerializer: { array: { style: 'form', explode: false } },
    fetch: transport({
      credentials,
      retries: { attempts: 5, maxPauseMs: 60_000, ...retries },
      timeoutMs,
      fetch: fetch ?? ((...request) => globalThis.fetch(...request)),
    }),
  });
}

/** A JWT of an operator, an API key or the platform's key. @param token is asked for each attempt, if it is a function */
export function bearer(token: string | (() => string | Promise<string>)): Credentials {
  return async ({ headers }) => {
    headers.set('Authorization', `Bearer ${typeof token === 'string' ? token : await token()}`);
  };
}

/** What a gateway in front of the service says, where it runs with `AUTH_MODE=trusted-headers`, as `npm start` does. */
export function trustedHeaders(
  caller: { tenantId: string; operatorId: string } | { tenantId: string; service: string },
): Credentials {
  return ({ headers }) => {
    headers.set('X-Tenant-Id', caller.tenantId);
    if ('operatorId' in caller) headers.set('X-Operator-Id', caller.operatorId);
    else headers.set('X-Service', caller.service);
  };
}
