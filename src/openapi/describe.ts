import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiExtension, ApiExtraModels, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { OnlyReads } from './only-reads.js';
import { See } from './see.js';
import { HasShownOnce } from './shown-once.js';
import type { Problems } from './operation.js';
import type { ProblemCode } from '../http/problem.js';
import { ProblemResponse } from './problem-schemas.js';

interface Description {
  /** Verb and noun, for generated clients: `updateInbox`. */
  id: string;
  /** The same for people: "Update an inbox". */
  summary: string;
  /** What else callers have to know; Markdown. */
  detail?: string;
  /** Status of success; 200 unless said otherwise. */
  status?: 200 | 201 | 202 | 204;
  /** Further statuses of success with the same response, and what each means. */
  also?: Partial<Record<200 | 201 | 202, string>>;
  response?: Type;
  /** Instead: what the beginning of a response that is no JSON may look like, by its media type. */
  content?: Readonly<Record<string, string>>;
  /** A response that shows more than the one put together from the examples of its fields. */
  example?: unknown;
  /** The same for one of several statuses of success. */
  examples?: Partial<Record<200 | 201, unknown>>;
  /** What can go wrong, besides what can go wrong everywhere. */
  problems?: ProblemCode[];
  /** With ALREADY_EXISTS: the field whose value may be taken. */
  unique?: string;
  /** Whether it has no effect although it is not a GET. Then its response is never stored for a repetition. */
  onlyReads?: true;
  etag?: boolean;
  /** The path, without the prefix, at which the effect shows, when that is not the path of the route. */
  see?: string;
}

const STATUS_TEXT = {
  200: 'Success',
  201: 'Created',
  202: 'Accepted',
  204: 'Success, without a body',
} as const;
const ETAG = {
  ETag: { description: 'The version, for `If-Match`.', schema: { type: 'string' as const, example: '"2"' } },
};

/** Documents an operation: its summary, its response, and what can go wrong. Who may call it, `src/access/rights.ts` says. */
export function Describe(description: Description): MethodDecorator {
  const { status = 200, response, content, problems = [], unique, onlyReads } = description;
  const everywhere: ProblemCode[] = ['VALIDATION_FAILED', 'INTERNAL'];
  const success = (code: 200 | 201 | 202 | 204, text: string) => {
    const shown = description.examples?.[code as 200] ?? description.example;
    return ApiResponse({
      status: code,
      description: text,
      ...(response === undefined ? {} : { type: response }),
      ...(content === undefined ? {} : { content: textsOf(content) }),
      ...(shown === undefined ? {} : { example: shown }),
      ...(description.etag === true ? { headers: ETAG } : {}),
    });
  };
  return applyDecorators(
    HttpCode(status),
    ApiExtraModels(ProblemResponse),
    HasShownOnce(response),
    OnlyReads(onlyReads ?? false),
    See(description.see),
    ApiOperation({
      operationId: description.id,
      summary: description.summary,
      ...(description.detail === undefined ? {} : { description: description.detail }),
    }),
    success(status, description.also?.[status as 200] ?? STATUS_TEXT[status]),
    ...Object.entries(description.also ?? {})
      .filter(([code]) => Number(code) !== status)
      .map(([code, text]) => success(Number(code) as 200, text)),
    ApiExtension('x-problems', {
      codes: [...everywhere, ...problems],
      ...(unique === undefined ? {} : { unique }),
      ...(onlyReads === undefined ? {} : { onlyReads }),
    } satisfies Problems),
  );
}

/** A schema cannot describe the lines of a text, so an example shows them. */
function textsOf(examples: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(examples).map(([type, example]) => [
      type,
      { schema: { type: 'string' as const }, example },
    ]),
  );
}
