import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';
import { isLocalhost, TargetRefused, targetOf, type Target } from './target.js';

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** What came back. Without a status nothing did, and `error` says why. */
export interface Answer {
  readonly status: number | null;
  readonly error: string | null;
  /** How the body began. */
  readonly excerpt: string;
}

interface Settings {
  /** For development: lets deliveries into the own network. */
  readonly allowPrivate: boolean;
  /** For all of it: resolving, connecting, sending, waiting and reading. */
  readonly timeoutMs: number;
}

/** More of an answer is not read: nobody needs it, and it might not end. */
const READ_BYTES = 4_096;
const EXCERPT_LENGTH = 500;

/** Whoever makes a webhook does not wait longer for a resolver; the name is looked at again with every delivery. */
const RESOLVE_TIMEOUT_MS = 3_000;

/**
 * POSTs to addresses that tenants choose, and to no other: somebody could choose one that only this machine can reach.
 * A name is resolved once, every address of it is checked, and the connection goes to one of those, so an answer of the
 * resolver that changes in between changes nothing. Redirects are not followed: they would lead around the check.
 */
export class GuardedPost {
  constructor(
    private readonly settings: Settings,
    private readonly resolve: Resolve = (name) => lookup(name, { all: true }),
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

  /** Never throws: what went wrong is an answer too. @param signal gives up before the time is over */
  async post(
    url: string,
    headers: Record<string, string>,
    body: string,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const end = endAfter(this.settings.timeoutMs, signal);
    try {
      const target = targetOf(url);
      const addresses = await unlessAborted(this.addressesOf(target), end.signal);
      const response = await send(target, addresses, headers, body, end.signal);
      return { status: response.statusCode ?? null, error: null, excerpt: await beginningOf(response) };
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

function send(
  { url }: Target,
  addresses: readonly LookupAddress[],
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
    lookup: answering(addresses),
    // A connection of its own: one that is kept alive would have been checked for an earlier delivery. And without the
    // shared agent no proxy of the environment comes in between, which would resolve the name itself.
    agent: false,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? requestHttps(url, { ...options, rejectUnauthorized: true })
        : requestHttp(url, options);
    request.on('response', resolve);
    request.on('error', reject);
    // An answer that is none, such as a switch to another protocol, ends in nothing but this.
    request.on('close', () => reject(new Error('the connection was closed without an answer')));
    request.end(body);
  });
}

/** Resolves every name to addresses that have been checked. Nobody asks the resolver a second time. */
function answering(addresses: readonly LookupAddress[]): LookupFunction {
  const [first] = addresses;
  return (_host, options, callback) => {
    if (first === undefined) callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '');
    else if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

/** As far as it comes in time: the status is known, and that decides. Drops the connection with the rest. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= READ_BYTES) break;
    }
  } catch {
    // The rest is of no interest.
  } finally {
    response.destroy();
  }
  // PostgreSQL stores no NUL character.
  return Buffer.concat(chunks).toString().replaceAll('\0', '').slice(0, EXCERPT_LENGTH);
}

/** A signal that says when it is over. By hand: those that Node.js 20 puts together can be collected before they fire. */
function endAfter(milliseconds: number, other?: AbortSignal): { signal: AbortSignal; clear: () => void } {
  const end = new AbortController();
  const give = () => end.abort(new Error('given up: the service is stopping'));
  const timer = setTimeout(
    () => end.abort(new Error(`no answer within ${milliseconds / 1_000} s`)),
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

/** A resolver cannot be stopped; its answer is not waited for any longer. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** For the tenant, so without addresses, which the messages of Node.js name. */
function wordsFor(error: unknown): string {
  if (error instanceof TargetRefused) return `not sent: ${error.message}`;
  const { code, message = 'failed' } = error as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOTFOUND') return 'the name does not resolve';
  return code === undefined ? message : `the connection failed: ${code}`;
}
