import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { identityOf, type Principal } from '../access/principal.js';
import { PREFIX, routeName } from '../access/routes.js';
import { SignedRequests } from '../access/signed-requests.js';
import { LOWEST_ID } from '../database/id.js';
import { Problem, ValidationFailed, type ProblemCode } from '../http/problem.js';
import { onlyReads } from '../openapi/only-reads.js';
import { whereToSee } from '../openapi/see.js';
import { shownOnceBy } from '../openapi/shown-once.js';
import { KEY, MAX_KEY_LENGTH } from './idempotency-key.js';
import { IdempotencyStore, type RepeatableRequest, type StoredOrNew } from './idempotency-store.js';

type IncomingRequest = FastifyRequest & { principal?: Principal };

const REPEATABLE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** The body that stands for a response that was not stored. */
const NOT_STORED = {
  code: 'RESPONSE_NOT_STORED',
  detail:
    'The first request with this key was carried out. Its response was too large to store, so look at "see".',
};

/** The same, of a customer who was erased meanwhile. The status is not stored either. */
const ERASED = {
  code: 'RESPONSE_NOT_STORED',
  detail:
    'The first request with this key was carried out. Its response was about a customer who was erased, so look at "see".',
};

/** Responds to a repeated `Idempotency-Key` with the stored response. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly store: IdempotencyStore,
    private readonly signedRequests: SignedRequests,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const incoming = http.getRequest<IncomingRequest>();
    const handler = context.getHandler();
    const request = onlyReads(handler) ? null : repeatable(incoming, handler);
    const handle = (): Promise<unknown> => lastValueFrom(next.handle(), { defaultValue: undefined });
    if (request === null) return of(await this.signedRequests.carryOut(incoming, handle));
    const reply = http.getResponse<FastifyReply>();
    const { response, isReplayed } = await this.store.once(
      request,
      () => this.signedRequests.admit(incoming),
      async () => {
        const body = await handle();
        const etag = reply.getHeader('ETag');
        return { kind: 'done', status: reply.statusCode, etag: typeof etag === 'string' ? etag : null, body };
      },
    );
    if (isReplayed) void reply.header('Idempotency-Replayed', 'true');
    return of(send(response, reply));
  }
}

/** @returns null for a request without a key, and for methods that are idempotent anyway */
function repeatable(request: IncomingRequest, handler: object): RepeatableRequest | null {
  const key = request.headers['idempotency-key'];
  const { principal } = request;
  if (key === undefined || principal === undefined || !REPEATABLE.has(request.method)) return null;
  if (typeof key !== 'string' || key.length > MAX_KEY_LENGTH || !KEY.test(key)) {
    const message = `Idempotency-Key must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters`;
    throw new ValidationFailed([{ field: 'Idempotency-Key', message }]);
  }
  return {
    tenantId: principal.kind === 'platform' ? LOWEST_ID : principal.tenantId,
    principal: principal.kind === 'platform' ? 'platform' : identityOf(principal),
    route: routeName(request.method, request.routeOptions.url ?? ''),
    key,
    fingerprint: fingerprintOf(request),
    see: whereToLook(request, whereToSee(handler)),
    shownOnce: shownOnceBy(handler),
  };
}

/** Where the effect of a request shows: as its route tells, at the same path if that can be read, or in the feed. */
function whereToLook({ server, routeOptions, url }: IncomingRequest, told: string | undefined): string {
  if (told !== undefined) return `${PREFIX}${told}`;
  const canBeRead = server.hasRoute({ method: 'GET', url: routeOptions.url ?? '' });
  return canBeRead ? url.replace(/\?.*/, '') : `${PREFIX}/events`;
}

/** Uses the parsed body, so that white space between its parts makes no difference. */
function fingerprintOf({ method, url, headers, body }: IncomingRequest): Buffer {
  const incoming = [method, url, headers['if-match'] ?? null, body ?? null];
  return createHash('sha256').update(JSON.stringify(incoming)).digest();
}

function send(response: StoredOrNew['response'], reply: FastifyReply): unknown {
  if (response.kind === 'refused') {
    throw new Problem(response.code as ProblemCode, response.detail, response.members);
  }
  if (response.kind === 'erased') return { ...ERASED, see: response.see };
  void reply.status(response.status);
  if (response.etag !== null) void reply.header('ETag', response.etag);
  return response.kind === 'done' ? response.body : { ...NOT_STORED, see: response.see };
}
