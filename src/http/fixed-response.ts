import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';

/** Browsers may keep it, and ask each time whether it is still the same. */
export const REVALIDATE = 'no-cache';

interface Content {
  readonly type: string;
  readonly cacheControl?: string;
  /** Called at the first request, because most instances never serve it. */
  readonly make: () => string | Buffer | Promise<string>;
}

/** The bytes in one encoding. */
interface Variant {
  readonly body: Buffer;
  readonly etag: string;
}

/**
 * A response that stays the same while the process runs. It is made once, plain and compressed. All responses send the
 * same bytes: many large ones at once need the memory of one.
 */
export class FixedResponse {
  private made: Promise<{ plain: Variant; compressed: Variant | null }> | undefined;

  constructor(private readonly content: Content) {}

  async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { type, cacheControl = REVALIDATE, make } = this.content;
    this.made ??= variantsOf(make);
    const { plain, compressed } = await this.made;
    const gzipped = acceptsGzip(request.headers['accept-encoding']) ? compressed : null;
    const { body, etag } = gzipped ?? plain;
    void reply.headers({ ETag: etag, 'Cache-Control': cacheControl, Vary: 'Accept-Encoding' });
    if (isKnown(request.headers['if-none-match'], etag)) return reply.status(304).send();
    if (gzipped !== null) void reply.header('Content-Encoding', 'gzip');
    return reply.type(type).send(body);
  }
}

export function serveFixed(
  fastify: FastifyInstance,
  { path, options = {}, ...content }: Content & { path: string; options?: RouteShorthandOptions },
): void {
  const response = new FixedResponse(content);
  fastify.get(path, options, (request, reply) => response.send(request, reply));
}

/** Each encoding has an ETag of its own, because their bytes differ. What is not smaller compressed stays plain. */
async function variantsOf(make: Content['make']): Promise<{ plain: Variant; compressed: Variant | null }> {
  const body = Buffer.from(await make());
  const hash = createHash('sha256').update(body).digest('base64url');
  const compressed = await promisify(gzip)(body, { level: 9 });
  return {
    plain: { body, etag: `"${hash}"` },
    compressed: compressed.length < body.length ? { body: compressed, etag: `"${hash}-gzip"` } : null,
  };
}

function acceptsGzip(accepted = ''): boolean {
  return accepted.split(',').some((each) => /^\s*gzip\s*($|;\s*q=(?!0(\.0*)?\s*$))/i.test(each));
}

/** If-None-Match compares weakly: proxies that compress a response mark its ETag as weak. */
function isKnown(known: string | undefined, etag: string): boolean {
  return (known ?? '').split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()));
}
