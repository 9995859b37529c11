import { ApiProperty } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from '../http/problem.js';

export class FieldProblem {
  @ApiProperty({ example: 'customerPhoneNumber' })
  field: string;
  @ApiProperty({ example: 'customerPhoneNumber must be a phone number with its country code' })
  message: string;
}

/** The body of every error, by RFC 9457. Clients branch on `code`; the document shows one of the classes below, by it. */
export class ProblemResponse {
  @ApiProperty({ example: 'urn:inbox-allocation:problem:not-found' })
  type: string;
  @ApiProperty({ example: 'Not found' })
  title: string;
  @ApiProperty({ type: 'integer', example: 404 })
  status: number;
  @ApiProperty({ example: 'There is no conversation 019c8f00-0000-7000-8000-000000000000.' })
  detail: string;
  @ApiProperty({ example: '/api/v1/conversations/019c8f00-0000-7000-8000-000000000000' })
  instance: string;
  @ApiProperty({ example: 'b7e1d6b4-3f43-4f0e-9d1c-0a4f4c1b8a7e' })
  requestId: string;
}

const WITH_FIELDS = ['VALIDATION_FAILED'] as const;
const OF_CONVERSATION = [
  'CONVERSATION_NOT_QUEUED',
  'CONVERSATION_NOT_ALLOCATED',
  'CONVERSATION_ALREADY_RESOLVED',
] as const;
const OF_VERSION = ['VERSION_MISMATCH'] as const;
const OF_UNIQUE = ['ALREADY_EXISTS'] as const;
const OF_MERGE = ['LEAD_MERGED'] as const;
const OF_QUOTA = ['QUOTA_EXCEEDED'] as const;
const WITH_MORE = new Set<ProblemCode>([
  ...WITH_FIELDS,
  ...OF_CONVERSATION,
  ...OF_VERSION,
  ...OF_UNIQUE,
  ...OF_MERGE,
  ...OF_QUOTA,
]);
const WITHOUT_MORE = (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => !WITH_MORE.has(code));

export class ValidationProblem extends ProblemResponse {
  @ApiProperty({ enum: WITH_FIELDS, example: 'VALIDATION_FAILED' })
  code: string;
  @ApiProperty({ type: [FieldProblem], description: 'The invalid fields, at most 20.' })
  errors: FieldProblem[];
}

export class ConversationProblem extends ProblemResponse {
  @ApiProperty({ enum: OF_CONVERSATION, example: 'CONVERSATION_NOT_QUEUED' })
  code: string;
  @ApiProperty({
    enum: ['QUEUED', 'ALLOCATED', 'RESOLVED'],
    example: 'ALLOCATED',
    description: 'The current state of the conversation.',
  })
  state: string;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019c8f00-0000-7000-8000-000000000012',
    description: 'The operator who holds it.',
  })
  assignedOperatorId: string | null;
}

export class VersionProblem extends ProblemResponse {
  @ApiProperty({ enum: OF_VERSION, example: 'VERSION_MISMATCH' })
  code: string;
  @ApiProperty({ type: 'integer', example: 3, description: 'The current version.' })
  version: number;
}

export class UniqueProblem extends ProblemResponse {
  @ApiProperty({ enum: OF_UNIQUE, example: 'ALREADY_EXISTS' })
  code: string;
  @ApiProperty({ example: 'email', description: 'The field whose value is in use already.' })
  field: string;
}

export class MergedLeadProblem extends ProblemResponse {
  @ApiProperty({ enum: OF_MERGE, example: 'LEAD_MERGED' })
  code: string;
  @ApiProperty({
    format: 'uuid',
    example: '019c8f00-0000-7000-8000-000000000401',
    description: 'The lead into which it was merged.',
  })
  intoLeadId: string;
}

export class QuotaProblem extends ProblemResponse {
  @ApiProperty({ enum: OF_QUOTA, example: 'QUOTA_EXCEEDED' })
  code: string;
  @ApiProperty({ type: 'integer', example: 100, description: 'The most that a tenant can have.' })
  limit: number;
}

export class PlainProblem extends ProblemResponse {
  @ApiProperty({ enum: WITHOUT_MORE, example: 'NOT_FOUND' })
  code: string;
}

/** One for each set of fields that a problem has besides those that all have. */
export const PROBLEM_KINDS = [
  ValidationProblem,
  ConversationProblem,
  VersionProblem,
  UniqueProblem,
  MergedLeadProblem,
  QuotaProblem,
  PlainProblem,
];
