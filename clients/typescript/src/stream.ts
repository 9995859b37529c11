import { events as blocksOf } from 'fetch-event-stream';
import type { InboxClient } from './client.js';
import { LATEST, queryOf, type Event, type EventFilters } from './event.js';
import { pause } from './pause.js';
import { isProblem, ProblemError, UnexpectedResponseError, unwrap } from './problem.js';
import { EVENT_STREAM, isOfNetwork } from './transport.js';

export type { Event, EventOf, EventType } from './event.js';

export interface StreamOptions extends EventFilters {
  /** The cursor after which to begin, from a stream, the feed or a snapshot. Without it the stream begins now. */
  readonly after?: string;
  /** Whether the stream renews the presence of its caller, an operator. */
  readonly presence?: boolean;
  /**
   * Opens the stream with a ticket instead of credentials. `true` gets one with the credentials of the client; a function
   * gets it from elsewhere, for pages that have no credentials themselves.
   */
  readonly ticket?: true | (() => Promise<string>);
  /** Hears whether the stream is open. */
  readonly onState?: (state: StreamState) => void;
  /** After this time without a sign of life the stream is opened again; 45 seconds unless said otherwise. */
  readonly silenceMs?: number;
  /** The longest pause before the stream is opened again; 30 seconds unless said otherwise. */
  readonly maxPauseMs?: number;
}

export type StreamState =
  /** Events come as they happen. */
  | { readonly state: 'open' }
  /** The stream ended, with an error or null. It is opened again after the pause. */
  | { readonly state: 'waiting'; readonly pauseMs: number; readonly error: unknown };

export type StreamItem =
  | { readonly kind: 'event'; readonly event: Event; readonly cursor: string }
  /**
   * The stream begins now, and has nothing of what was before: read what you show. It comes first in a stream without
   * `after`, and when a cursor has become invalid, as it does when an operator gets another role. Then what happened since
   * that cursor is missing.
   */
  | { readonly kind: 'gap'; readonly since: string | null };

const FIRST_PAUSE_MS = 1_000;

/**
 * Follows the change feed as it happens. A stream that ends is opened again and goes on after the last cursor: nothing is
 * skipped, and nothing comes twice.
 * @throws ProblemError when the service refuses the stream for good
 */
export async function* stream(
  client: InboxClient,
  options: StreamOptions = {},
): AsyncGenerator<StreamItem, void> {
  const { signal, onState, silenceMs = 45_000, maxPauseMs = 30_000 } = options;
  let cursor = options.after ?? LATEST;
  let since: string | null = null;
  let failures = 0;
  while (!isAborted(signal)) {
    const connection = new AbortController();
    let pauseMs = FIRST_PAUSE_MS;
    let reason: unknown = null;
    try {
      const body = await open(
        client,
        options,
        cursor,
        signal === undefined ? connection.signal : AbortSignal.any([connection.signal, signal]),
      );
      onState?.({ state: 'open' });
      if (cursor === LATEST) yield { kind: 'gap', since };
      for await (const { id, data, retry } of blocksOf(
        new Response(body.pipeThrough(watched(connection, silenceMs))),
      )) {
        failures = 0;
        pauseMs = retry ?? pauseMs;
        if (id !== undefined) cursor = String(id);
        if (data !== undefined) yield { kind: 'event', event: JSON.parse(data) as Event, cursor };
      }
    } catch (error) {
      if (isAborted(signal)) return;
      if (isProblem(error, 'INVALID_CURSOR') && cursor !== LATEST) {
        since = cursor;
        cursor = LATEST;
      } else if (!isPassing(error)) throw error;
      failures += 1;
      reason = error;
      pauseMs = FIRST_PAUSE_MS * 2 ** (failures - 1) * (0.5 + Math.random() / 2);
    } finally {
      // The reader may have left the loop.
      connection.abort();
    }
    pauseMs = Math.min(pauseMs, maxPauseMs);
    onState?.({ state: 'waiting', pauseMs, error: reason });
    await pause(pauseMs, signal).catch(() => null);
  }
}

async function open(
  client: InboxClient,
  options: StreamOptions,
  cursor: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const ticket = options.ticket === undefined ? null : await ticketFor(client, options.ticket, signal);
  const query = {
    ...queryOf(options),
    ...(options.presence === true ? { presence: 'true' as const } : {}),
    ...(ticket === null ? {} : { ticket }),
    ...(cursor === LATEST ? { after: LATEST } : {}),
  };
  const header = cursor === LATEST ? {} : { 'Last-Event-ID': cursor };
  const headers = { Accept: EVENT_STREAM };
  const body = await unwrap(
    client.GET('/api/v1/events/stream', { params: { query, header }, headers, parseAs: 'stream', signal }),
  );
  if (body === null) throw new TypeError('the stream has no body');
  return body;
}

async function ticketFor(
  client: InboxClient,
  source: true | (() => Promise<string>),
  signal: AbortSignal,
): Promise<string> {
  if (source !== true) return source();
  const { ticket } = await unwrap(client.POST('/api/v1/events/tickets', { signal }));
  // The ticket is not stored, so the response to a second attempt has none.
  return ticket ?? ticketFor(client, source, signal);
}

/** Passes everything on, and ends the connection when nothing came for a while: the service gives signs of life. */
function watched(
  connection: AbortController,
  silenceMs: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const giveUp = () => connection.abort(new DOMException(`nothing came for ${silenceMs} ms`, 'TimeoutError'));
  let timer = setTimeout(giveUp, silenceMs);
  connection.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return new TransformStream({
    transform(chunk, controller) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silenceMs);
      controller.enqueue(chunk);
    },
  });
}

function isPassing(error: unknown): boolean {
  if (error instanceof ProblemError) return error.problem.status === 429 || error.problem.status >= 500;
  if (error instanceof UnexpectedResponseError) return error.response.status >= 500;
  return isOfNetwork(error);
}

/** A signal may be aborted at any time, which TypeScript would rule out after the first look. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
