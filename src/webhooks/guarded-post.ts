import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { isPublicAddress } from './public-address.js';
import type { Resolve } from './resolve.js';
import { isLocalhost, TargetRefused, targetOf, type Target } from './target.js';

/** The response of a receiver. `status` is null when there was no response; then `error` gives the reason. */
export interface ReceiverResponse {
  readonly status: number | null;
  readonly error: string | null;
  /** The beginning of the body. */
  readonly excerpt: string;
}

interface PostRequest {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface Settings {
  /** For development: allows private addresses and the machine itself. */
  readonly allowPrivate: boolean;
  /** The limit for the whole delivery: resolve, connect, send, wait and read. */
  readonly timeoutMs: number;
}

/** The rest of a response is not read, because it is not needed and may never end. */
const READ_BYTES = 4_096;
const EXCERPT_LENGTH = 500;

/** The limit for resolving the name when a webhook is created, with the wait for other names. Deliveries resolve again. */
const RESOLVE_TIMEOUT_MS = 3_000;

/**
 * POSTs to URLs that tenants choose. A tenant could choose a URL that only this machine can reach. So each delivery
 * resolves the name once, checks all its addresses and connects to one of these addresses. A name that changes in
 * between (DNS rebinding) therefore has no effect. Redirects are not followed, because they would bypass the check.
 */
export class GuardedPost {
  constructor(
    private readonly settings: Settings,
    private readonly resolve: Resolve,
  ) {}

  /**
   * @returns the reason why nothing would be sent to the URL; null when it is allowed or when its name does not
   * resolve now
   */
  async refusalOf(tenantId: string, url: string): Promise<string | null> {
    const end = endAfter(RESOLVE_TIMEOUT_MS);
    try {
      await this.addressesOf(targetOf(url), tenantId, end.signal);
      return null;
    } catch (error) {
      return error instanceof TargetRefused ? error.message : null;
    } finally {
      end.clear();
    }
  }

  /**
   * Never throws: a failure is a result.
   * @param signal aborts before the time limit
   */
  async post(
    tenantId: string,
    { url, headers, body }: PostRequest,
    signal?: AbortSignal,
  ): Promise<ReceiverResponse> {
    const end = endAfter(this.settings.timeoutMs, signal);
    try {
      const target = targetOf(url);
      const addresses = await this.addressesOf(target, tenantId, end.signal);
      return await send(target.url, addresses, { headers, body, signal: end.signal });
    } catch (error) {
      return { status: null, error: errorText(end.signal.aborted ? end.signal.reason : error), excerpt: '' };
    } finally {
      end.clear();
    }
  }

  /** @throws TargetRefused when any address is not public, because the connection could go to that one */
  private async addressesOf(
    { host, isAddress }: Target,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<readonly LookupAddress[]> {
    const { allowPrivate } = this.settings;
    if (!allowPrivate && isLocalhost(host)) throw new TargetRefused('it is the machine itself');
    const addresses = isAddress
      ? [{ address: host, family: isIP(host) }]
      : await unlessAborted(this.resolve(host, tenantId, signal), signal);
    if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address))) {
      throw new TargetRefused(
        isAddress ? 'its address is not public' : 'its name resolves to an address that is not public',
      );
    }
    return addresses;
  }
}

async function send(
  { origin, pathname, search }: URL,
  addresses: readonly LookupAddress[],
  request: Omit<PostRequest, 'url'> & { readonly signal: AbortSignal },
): Promise<ReceiverResponse> {
  // Each delivery has its own client, because its addresses were checked for this delivery only. A proxy from the
  // environment would resolve the name itself, so none is used.
  const client = new Client(origin, {
    connect: { lookup: resolvesTo(addresses), rejectUnauthorized: true, timeout: 0 },
    // The signal limits all phases together.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const response = await client.request({ method: 'POST', path: `${pathname}${search}`, ...request });
    return { status: response.statusCode, error: null, excerpt: await beginningOf(response.body) };
  } finally {
    await client.destroy();
  }
}

/** A lookup function for the connection: it returns the checked addresses for every name. */
function resolvesTo(addresses: readonly LookupAddress[]): LookupFunction {
  const [first] = addresses;
  return (_host, options, callback) => {
    if (first === undefined) callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '');
    else if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

/** The part of the body that arrives in time. An incomplete body is no error, because the status decides. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= READ_BYTES) break;
    }
  } catch {
    // The rest is of no interest.
  }
  // PostgreSQL cannot store a NUL character.
  return Buffer.concat(chunks).toString().replaceAll('\0', '').slice(0, EXCERPT_LENGTH);
}

/**
 * A signal that aborts after a time or with another signal. Not AbortSignal.any, because Node.js 20 can collect
 * combined signals before they fire.
 */
function endAfter(milliseconds: number, other?: AbortSignal): { signal: AbortSignal; clear: () => void } {
  const end = new AbortController();
  const give = () => end.abort(new Error('cancelled because the service is stopping'));
  const timer = setTimeout(
    () => end.abort(new Error(`no response within ${milliseconds / 1_000} s`)),
    milliseconds,
  );
  if (other?.aborted === true) give();
  other?.addEventListener('abort', give);
  const clear = () => {
    clearTimeout(timer);
    other?.removeEventListener('abort', give);
  };
  return { signal: end.signal, clear };
}

/** A resolver cannot be cancelled, so this stops waiting for it. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** An error text for the tenant. The messages of Node.js contain addresses, so they are not used. */
function errorText(error: unknown): string {
  if (error instanceof TargetRefused) return `not sent: ${error.message}`;
  const { code, message = 'failed' } = error as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOTFOUND' || code === 'ENODATA') return 'the name does not resolve';
  if (code === 'ETIMEOUT' || code === 'ECANCELLED') return 'no name server responded in time';
  return code === undefined ? message : `the connection failed: ${code}`;
}
