import { ResponseNotStoredError, UnexpectedResponseError } from './problem.js';
import { pause } from './pause.js';

/** How often and how long a request is repeated. */
export interface Retries {
  /** How often a request is sent at most, the first time included. */
  readonly attempts: number;
  /** The longest pause. A refusal that asks for a longer one is the response. */
  readonly maxPauseMs: number;
}

export interface Transport {
  /** Adds what proves who is calling. It is asked for each attempt, so that a token may be renewed. */
  readonly credentials: ((request: Request) => void | Promise<void>) | undefined;
  readonly retries: Retries;
  /** How long an attempt may take, except for streams, of which it is only the beginning. */
  readonly timeoutMs: number;
  readonly fetch: typeof globalThis.fetch;
}

/** The media type of a stream. Who asks for one repeats the request themselves, and tells of the pause. */
export const EVENT_STREAM = 'text/event-stream';

const KEY = 'Idempotency-Key';
/** The first pause between two attempts; each further one is twice as long. */
const FIRST_PAUSE_MS = 200;
/** These refusals are of the moment. Proxies in between send 502 and 504. */
const PASSING = new Set([429, 502, 503, 504]);

/**
 * Sends requests, and sends those again that got no response or a refusal of the moment. That is safe, because every
 * change has an Idempotency-Key: it is done once, whatever became of the first attempt.
 */
export function transport({ credentials, retries, timeoutMs, fetch }: Transport) {
  return async (request: Request): Promise<Response> => {
    if (request.method !== 'GET' && !request.headers.has(KEY)) request.headers.set(KEY, newKey());
    const attempts = request.headers.get('Accept') === EVENT_STREAM ? 1 : retries.attempts;
    // A ticket stands for who got it.
    const isProven = new URL(request.url).searchParams.has('ticket');
    for (let attempt = 1; ; attempt += 1) {
      const copy = request.clone();
      if (!isProven) await credentials?.(copy);
      const pauseMs = await sent(copy, timeoutMs, fetch).then(
        async (response) => {
          const wanted = await pauseAfter(response, backoffMs(attempt, retries));
          const isFinal = attempt >= attempts || wanted === null || wanted > retries.maxPauseMs;
          // Those who were refused together should not return together.
          return isFinal ? response : wanted + Math.random() * FIRST_PAUSE_MS;
        },
        (error: unknown) => {
          if (attempt >= attempts || request.signal.aborted || !isOfNetwork(error)) throw error;
          return backoffMs(attempt, retries);
        },
      );
      if (pauseMs instanceof Response) return checked(pauseMs);
      await pause(pauseMs, request.signal);
    }
  };
}

/** One attempt. Bodies of JSON are read here, so that one that breaks off counts as no response. */
async function sent(request: Request, timeoutMs: number, fetch: typeof globalThis.fetch): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new DOMException('no response in time', 'TimeoutError')),
    timeoutMs,
  );
  try {
    const signal = AbortSignal.any([request.signal, timeout.signal]);
    const response = await fetch(request, { signal });
    if (!isJson(response)) return response;
    const { status, statusText, headers } = response;
    return new Response(await response.arrayBuffer(), { status, statusText, headers });
  } finally {
    clearTimeout(timer);
  }
}

/** The pause before another attempt, by the response or else `otherwiseMs`; null when the response is final. */
async function pauseAfter(response: Response, otherwiseMs: number): Promise<number | null> {
  const { status, headers } = response;
  const isPassing =
    PASSING.has(status) || (status === 409 && (await codeOf(response)) === 'IDEMPOTENCY_KEY_IN_USE');
  if (!isPassing) return null;
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : otherwiseMs;
}

function backoffMs(attempt: number, { maxPauseMs }: Retries): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), maxPauseMs) * (0.5 + Math.random() / 2);
}

/** `fetch` fails with a TypeError, and with ours when the time is over. */
export function isOfNetwork(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}

function isJson({ headers }: Response): boolean {
  return /^application\/(problem\+)?json\b/.test(headers.get('Content-Type') ?? '');
}

async function codeOf(response: Response): Promise<unknown> {
  const body: unknown = isJson(response) ? await response.clone().json() : null;
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : null;
}

/** Makes sure that the body is what the types say. */
async function checked(response: Response): Promise<Response> {
  if (!response.ok && (await codeOf(response)) === null) {
    throw new UnexpectedResponseError(response, await response.text());
  }
  if (
    response.ok &&
    response.headers.has('Idempotency-Replayed') &&
    (await codeOf(response)) === 'RESPONSE_NOT_STORED'
  ) {
    const { detail, see } = (await response.json()) as { detail: string; see: string };
    throw new ResponseNotStoredError(response, see, detail);
  }
  return response;
}

/** Like a UUID, but `crypto.randomUUID` does not exist in pages that came without TLS. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
