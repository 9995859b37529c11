import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from './problem.js';

class FieldProblem {
  @ApiProperty({ example: 'customerPhoneNumber' })
  field: string;
  @ApiProperty({ example: 'customerPhoneNumber must be a phone number with its country code' })
  message: string;
}

/** The shape of every error. */
export class ProblemAnswer {
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
}

interface Description {
  /** One line, as a supervisor would say it. */
  summary: string;
  /** What else one has to know; Markdown. */
  detail?: string;
  /** Status of success; 200 unless said otherwise. */
  status?: 200 | 201 | 204;
  /** Further statuses of success with the same answer, and what each means. */
  also?: Partial<Record<200 | 201, string>>;
  answer?: Type;
  /** What can go wrong, besides what can go wrong everywhere. */
  problems?: ProblemCode[];
  /** Nobody has to prove who they are. */
  open?: boolean;
  etag?: boolean;
}

const STATUS_TEXT = { 200: 'Done', 201: 'Created', 204: 'Done; no body' } as const;
const ETAG = {
  ETag: { description: 'The version, for `If-Match`.', schema: { type: 'string' as const, example: '"2"' } },
};

/** Documents an operation: its summary, its answer, and every problem with an example. */
export function Describe(description: Description): MethodDecorator {
  const { status = 200, answer, problems = [], open = false } = description;
  const everywhere: ProblemCode[] = open
    ? ['INTERNAL']
    : [
        'VALIDATION_FAILED',
        'UNAUTHENTICATED',
        'FORBIDDEN',
        'OPERATOR_INACTIVE',
        'INTERNAL',
        'DATABASE_UNAVAILABLE',
      ];
  const codes = [...new Set([...everywhere, ...problems])];
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code][0]))].sort();
  const success = (code: 200 | 201 | 204, text: string) =>
    ApiResponse({
      status: code,
      description: text,
      ...(answer === undefined ? {} : { type: answer }),
      ...(description.etag === true ? { headers: ETAG } : {}),
    });
  return applyDecorators(
    HttpCode(status),
    ApiExtraModels(ProblemAnswer),
    ApiOperation({
      summary: description.summary,
      ...(description.detail === undefined ? {} : { description: description.detail }),
    }),
    success(status, description.also?.[status as 200] ?? STATUS_TEXT[status]),
    ...Object.entries(description.also ?? {})
      .filter(([code]) => Number(code) !== status)
      .map(([code, text]) => success(Number(code) as 200, text)),
    ...statuses.map((code) => problemResponse(code, codes)),
  );
}

function problemResponse(status: number, all: ProblemCode[]): MethodDecorator {
  const codes = all.filter((code) => PROBLEMS[code][0] === status);
  return ApiResponse({
    status,
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join(' · '),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemAnswer) },
        examples: Object.fromEntries(codes.map((code) => [code, { value: example(code) }])),
      },
    },
  });
}

function example(code: ProblemCode): Partial<ProblemAnswer> {
  const [status, title] = PROBLEMS[code];
  return {
    type: `urn:inbox-allocation:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: `${title}.`,
    code,
    instance: '/api/v1/…',
    requestId: 'b7e1d6b4-3f43-4f0e-9d1c-0a4f4c1b8a7e',
    ...(code === 'VALIDATION_FAILED'
      ? { errors: [{ field: 'inboxId', message: 'inboxId must be a UUID' }] }
      : {}),
  };
}
