import type { ProblemCode } from '../../../src/http/problem.js';
import type { ConversationResponse } from '../../../src/conversations/conversation.js';
import type { Headers } from '../application.js';

export interface Told {
  status: number;
  /** Retry-After in seconds; null without it. */
  retryAfter: number | null;
  isReplayed: boolean;
  /** Duration in milliseconds. */
  ms: number;
  body: { code?: ProblemCode; detail?: string; conversation?: ConversationResponse | null };
}

/** @throws the error of fetch without a response */
export async function ask(
  method: string,
  url: string,
  headers: Headers = {},
  body?: object,
  signal?: AbortSignal,
): Promise<Told> {
  const begun = performance.now();
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const retryAfter = response.headers.get('Retry-After');
  return {
    status: response.status,
    retryAfter: retryAfter === null ? null : Number(retryAfter),
    isReplayed: response.headers.get('Idempotency-Replayed') === 'true',
    ms: performance.now() - begun,
    body: (text === '' ? {} : JSON.parse(text)) as Told['body'],
  };
}

/** Repeats the request until its response is as expected, for at most half a minute. @returns the last response */
export async function askUntil(isSo: (told: Told) => boolean, question: () => Promise<Told>): Promise<Told> {
  const end = Date.now() + 30_000;
  for (;;) {
    const told = await question().catch((error: unknown) => error as Error);
    if (!(told instanceof Error) && isSo(told)) return told;
    if (Date.now() > end) throw told instanceof Error ? told : new Error(`still ${told.status}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
