import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { isPublicAddress } from './public-address.js';
import { byNameServers, orOnThisMachine, type Resolve } from './resolve.js';
import { isLocalhost, TargetRefused, targetOf, type Target } from './target.js';

/** What came back. Without a status nothing did, and `error` says why. */
export interface ReceiverResponse {
  readonly status: number | null;
  readonly error: string | null;
  /** The beginning of its body. */
  readonly excerpt: string;
}

interface Settings {
  /** For development: lets deliveries go to private addresses and to this machine. */
  readonly allowPrivate: boolean;
  /** For all of it: resolving, connecting, sending, waiting and reading. */
  readonly timeoutMs: number;
}

/** More of a response is not read: nobody needs it, and it might not end. */
const READ_BYTES = 4_096;
const EXCERPT_LENGTH = 500;

/** Whoever creates a webhook does not wait longer for a name server: the name is resolved again for every delivery. */
const RESOLVE_TIMEOUT_MS = 3_000;

/**
 * POSTs to URLs that tenants choose. A tenant could choose one that only this machine can reach, so a name is resolved
 * once, every address of it is checked, and the connection goes to one of those: a name that changes in between (DNS
 * rebinding) changes nothing. Redirects are not followed, since they would lead around the check.
 */
export class GuardedPost {
  constructor(
    private readonly settings: Settings,
    private readonly resolve: Resolve = settings.allowPrivate
      ? orOnThisMachine(byNameServers())
      : byNameServers(),
  ) {}

  /** Why nothing would be sent to a URL; null when something would, or when its name does not resolve today. */
  async refusalOf(url: string): Promise<string | null> {
    const end = endAfter(RESOLVE_TIMEOUT_MS);
    try {
      await unlessAborted(this.addressesOf(targetOf(url)), end.signal);
      return null;
    } catch (error) {
      return error instanceof TargetRefused ? error.message : null;
    } finally {
      end.clear();
    }
  }

  /** Never throws: a failure is a result too. @param signal gives up before the time is over */
  async post(
    url: string,
    headers: Record<string, string>,
    body: string,
    signal?: AbortSignal,
  ): Promise<ReceiverResponse> {
    const end = endAfter(this.settings.timeoutMs, signal);
    try {
      const target = targetOf(url);
      const addresses = await unlessAborted(this.addressesOf(target), end.signal);
      return await send(target.url, addresses, headers, body, end.signal);
    } catch (error) {
      return { status: null, error: wordsFor(end.signal.aborted ? end.signal.reason : error), excerpt: '' };
    } finally {
      end.clear();
    }
  }

  /** @throws TargetRefused when one of them is not public: which one would be connected to is a matter of chance */
  private async addressesOf({ host, isAddress }: Target): Promise<readonly LookupAddress[]> {
    const { allowPrivate } = this.settings;
    if (!allowPrivate && isLocalhost(host)) throw new TargetRefused('it leads to the machine itself');
    const addresses = isAddress ? [{ address: host, family: isIP(host) }] : await this.resolve(host);
    if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address))) {
      throw new TargetRefused(
        isAddress ? 'its address is not a public one' : 'its name leads to an address that is not public',
      );
    }
    return addresses;
  }
}

async function send(
  { origin, pathname, search }: URL,
  addresses: readonly LookupAddress[],
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<ReceiverResponse> {
  // A client of its own: its connection was checked for this delivery, and no proxy of the environment, which would
  // resolve the name itself, comes in between.
  const client = new Client(origin, {
    connect: { lookup: resolvesTo(addresses), rejectUnauthorized: true, timeout: 0 },
    // The signal ends all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const request = { method: 'POST', path: `${pathname}${search}`, headers, body, signal } as const;
    const response = await client.request(request);
    return { status: response.statusCode, error: null, excerpt: await beginningOf(response.body) };
  } finally {
    await client.destroy();
  }
}

/** For a connection: resolves every name to addresses that have been checked, and asks no name server. */
function resolvesTo(addresses: readonly LookupAddress[]): LookupFunction {
  const [first] = addresses;
  return (_host, options, callback) => {
    if (first === undefined) callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '');
    else if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

/** What comes of it in time: the status is known, and that decides. */
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
  // PostgreSQL stores no NUL character.
  return Buffer.concat(chunks).toString().replaceAll('\0', '').slice(0, EXCERPT_LENGTH);
}

/** Aborts when the time is over. By hand: signals that Node.js 20 combines can be collected before they fire. */
function endAfter(milliseconds: number, other?: AbortSignal): { signal: AbortSignal; clear: () => void } {
  const end = new AbortController();
  const give = () => end.abort(new Error('given up: the service is stopping'));
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

/** A resolver cannot be stopped, but nobody has to wait for it. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** For the tenant, so without addresses, which the messages of Node.js contain. */
function wordsFor(error: unknown): string {
  if (error instanceof TargetRefused) return `not sent: ${error.message}`;
  const { code, message = 'failed' } = error as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOTFOUND') return 'the name does not resolve';
  return code === undefined ? message : `the connection failed: ${code}`;
}
