import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** Browsers may keep it, and ask each time whether it is still the same. */
export const REVALIDATE = 'no-cache';

interface FixedResponse {
  readonly path: string;
  readonly type: string;
  readonly cacheControl?: string;
  /** Called at the first request, because most instances never serve it. */
  readonly make: () => string | Promise<string>;
}

/**
 * Serves a response that stays the same while the process runs. It is made once; all responses send the same bytes, so
 * many large ones at once need the memory of one.
 */
export function serveFixed(
  fastify: FastifyInstance,
  { path, type, cacheControl = REVALIDATE, make }: FixedResponse,
): void {
  let made: Promise<{ body: Buffer; etag: string }> | undefined;
  fastify.get(path, async (request, reply) => {
    made ??= bytesOf(make);
    const { body, etag } = await made;
    void reply.headers({ ETag: etag, 'Cache-Control': cacheControl });
    if (isKnown(request.headers['if-none-match'], etag)) return reply.status(304).send();
    return reply.type(type).send(body);
  });
}

async function bytesOf(make: FixedResponse['make']): Promise<{ body: Buffer; etag: string }> {
  const body = Buffer.from(await make());
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

/** If-None-Match compares weakly: proxies that compress a response mark its ETag as weak. */
function isKnown(known: string | undefined, etag: string): boolean {
  return (known ?? '').split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()));
}
