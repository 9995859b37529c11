import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import {
  ApiExtension,
  ApiExtraModels,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Problems } from './operation.js';
import { PROBLEMS, type ProblemCode } from '../http/problem.js';

export class FieldProblem {
  @ApiProperty({ example: 'customerPhoneNumber' })
  field: string;
  @ApiProperty({ example: 'customerPhoneNumber must be a phone number with its country code' })
  message: string;
}

/** The shape of every error. */
export class ProblemResponse {
  @ApiProperty({ example: 'urn:inbox-allocation:problem:not-found' })
  type: string;
  @ApiProperty({ example: 'Not found' })
  title: string;
  @ApiProperty({ example: 404 })
  status: number;
  @ApiProperty({ example: 'There is no conversation 019c8f00-0000-7000-8000-000000000000.' })
  detail: string;
  @ApiProperty({ enum: Object.keys(PROBLEMS), example: 'NOT_FOUND' })
  code: ProblemCode;
  @ApiProperty({ example: '/api/v1/conversations/019c8f00-0000-7000-8000-000000000000' })
  instance: string;
  @ApiProperty({ example: 'b7e1d6b4-3f43-4f0e-9d1c-0a4f4c1b8a7e' })
  requestId: string;
  @ApiPropertyOptional({
    type: [FieldProblem],
    description: 'With VALIDATION_FAILED: every field that is wrong.',
  })
  errors?: FieldProblem[];
  @ApiPropertyOptional({ description: 'With ALREADY_EXISTS: the field whose value is taken.' })
  field?: string;
  @ApiPropertyOptional({
    enum: ['QUEUED', 'ALLOCATED', 'RESOLVED'],
    description: 'With CONVERSATION_…: the state it is in.',
  })
  state?: string;
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'With CONVERSATION_…: who has it.',
  })
  assignedOperatorId?: string | null;
  @ApiPropertyOptional({ type: 'integer', description: 'With VERSION_MISMATCH: the version it has by now.' })
  version?: number;
}

interface Description {
  /** One line, as a supervisor would say it. */
  summary: string;
  /** What else one has to know; Markdown. */
  detail?: string;
  /** Status of success; 200 unless said otherwise. */
  status?: 200 | 201 | 202 | 204;
  /** Further statuses of success with the same response, and what each means. */
  also?: Partial<Record<200 | 201, string>>;
  response?: Type;
  /** Instead: what the beginning of a stream of server-sent events may look like. */
  stream?: string;
  /** A response that tells more than the one put together from the examples of its fields. */
  example?: unknown;
  /** The same for one of several statuses of success. */
  examples?: Partial<Record<200 | 201, unknown>>;
  /** What can go wrong, besides what can go wrong everywhere. */
  problems?: ProblemCode[];
  /** With ALREADY_EXISTS: the field whose value may be taken. */
  unique?: string;
  etag?: boolean;
}

const STATUS_TEXT = { 200: 'Done', 201: 'Created', 202: 'Will be done', 204: 'Done; no body' } as const;
const ETAG = {
  ETag: { description: 'The version, for `If-Match`.', schema: { type: 'string' as const, example: '"2"' } },
};

/** Documents an operation: its summary, its response, and what can go wrong. Who may call it, `src/access/rights.ts` says. */
export function Describe(description: Description): MethodDecorator {
  const { status = 200, response, stream, problems = [], unique } = description;
  const everywhere: ProblemCode[] = ['VALIDATION_FAILED', 'INTERNAL'];
  const success = (code: 200 | 201 | 202 | 204, text: string) => {
    const shown = description.examples?.[code as 200] ?? description.example;
    return ApiResponse({
      status: code,
      description: text,
      ...(response === undefined ? {} : { type: response }),
      ...(stream === undefined ? {} : { content: streamOf(stream) }),
      ...(shown === undefined ? {} : { example: shown }),
      ...(description.etag === true ? { headers: ETAG } : {}),
    });
  };
  return applyDecorators(
    HttpCode(status),
    ApiExtraModels(ProblemResponse),
    ApiOperation({
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
    } satisfies Problems),
  );
}

/** What each block says, no schema can tell. */
function streamOf(example: string) {
  return { 'text/event-stream': { schema: { type: 'string' as const }, example } };
}

/** The responses that the codes make, by status: each with an example of every code. */
export function problemResponse(codes: readonly ProblemCode[], unique?: string) {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code][0]))].sort();
  return Object.fromEntries(statuses.map((status) => [status, ofStatus(status, codes, unique)]));
}

function ofStatus(status: number, all: readonly ProblemCode[], unique?: string) {
  const codes = all.filter((code) => PROBLEMS[code][0] === status);
  const headers = HEADERS[status];
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join(' · '),
    ...(headers === undefined ? {} : { headers }),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemResponse) },
        examples: Object.fromEntries(codes.map((code) => [code, { value: example(code, unique) }])),
      },
    },
  };
}

const HEADERS: Record<number, Record<string, { description: string; schema: { type: 'string' } }>> = {
  401: { 'WWW-Authenticate': { description: 'Always `Bearer`.', schema: { type: 'string' } } },
  429: {
    'Retry-After': {
      description: 'In how many seconds to try again; with `RATE_LIMITED`, when the limit is whole again.',
      schema: { type: 'string' },
    },
  },
  503: { 'Retry-After': { description: 'In how many seconds to try again.', schema: { type: 'string' } } },
};

/** What a problem says besides what every problem says. */
const MEMBERS: Partial<Record<ProblemCode, Partial<ProblemResponse>>> = {
  CONVERSATION_NOT_QUEUED: {
    state: 'ALLOCATED',
    assignedOperatorId: '019c8f00-0000-7000-8000-000000000012',
  },
  CONVERSATION_NOT_ALLOCATED: { state: 'QUEUED', assignedOperatorId: null },
  CONVERSATION_ALREADY_RESOLVED: { state: 'RESOLVED', assignedOperatorId: null },
  VERSION_MISMATCH: { version: 3 },
};

function example(code: ProblemCode, unique?: string): Partial<ProblemResponse> {
  const [status, title] = PROBLEMS[code];
  return {
    type: `urn:inbox-allocation:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: `${title}.`,
    code,
    instance: '/api/v1/…',
    requestId: 'b7e1d6b4-3f43-4f0e-9d1c-0a4f4c1b8a7e',
    ...MEMBERS[code],
    ...(code === 'ALREADY_EXISTS' && unique !== undefined ? { field: unique } : {}),
  };
}
