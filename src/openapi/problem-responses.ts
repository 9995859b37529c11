import { STATUS_CODES } from 'node:http';
import { getSchemaPath } from '@nestjs/swagger';
import { PROBLEMS, problemType, type ProblemCode } from '../http/problem.js';
import { ProblemResponse } from './problem-schemas.js';
import type { Problems } from './operation.js';

/**
 * What an operation refers to for each status it can be refused with. The description of a reference goes before that
 * of the response it refers to; it lists the codes of this operation where these are not all of the status.
 */
export function problemReferences({ codes, unique }: Problems, all: readonly ProblemCode[]) {
  return Object.fromEntries(
    statusesOf(codes).map((status) => {
      const description = listed(codesOf(status, codes), unique);
      const isWhole = description === listed(codesOf(status, all));
      const $ref = `#/components/responses/${nameOf(status)}`;
      return [status, isWhole ? { $ref } : { $ref, description }];
    }),
  );
}

/** @param unique with ALREADY_EXISTS: the field whose value may be in use already */
function listed(codes: readonly ProblemCode[], unique?: string): string {
  const field = (code: ProblemCode) =>
    code === 'ALREADY_EXISTS' && unique !== undefined ? ` (${unique})` : '';
  return codes.map((code) => `\`${code}\`${field(code)}`).join(', ');
}

/** The responses that the references of all operations lead to, each once in the document. */
export function problemResponses(codes: readonly ProblemCode[]) {
  return Object.fromEntries(statusesOf(codes).map((status) => [nameOf(status), ofStatus(status, codes)]));
}

function ofStatus(status: number, all: readonly ProblemCode[]) {
  const codes = codesOf(status, all);
  const headers = HEADERS[status];
  return {
    description: listed(codes),
    ...(headers === undefined ? {} : { headers }),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemResponse) },
        examples: Object.fromEntries(codes.map((code) => [code, { value: example(code) }])),
      },
    },
  };
}

function statusesOf(codes: readonly ProblemCode[]): number[] {
  return [...new Set(codes.map((code) => PROBLEMS[code][0]))].sort();
}

function codesOf(status: number, codes: readonly ProblemCode[]): ProblemCode[] {
  const ofStatus = new Set(codes.filter((code) => PROBLEMS[code][0] === status));
  // In the order of the table, so that the document does not depend on the order of the routes.
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => ofStatus.has(code));
}

/** `NotFound`, as HTTP calls the status. */
function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? String(status)).replaceAll(' ', '');
}

const HEADERS: Record<number, Record<string, { description: string; schema: { type: 'string' } }>> = {
  401: { 'WWW-Authenticate': { description: 'Always `Bearer`.', schema: { type: 'string' } } },
  429: {
    'Retry-After': {
      description: 'Seconds until a retry makes sense.',
      schema: { type: 'string' },
    },
  },
  503: { 'Retry-After': { description: 'Seconds until a retry makes sense.', schema: { type: 'string' } } },
};

/** What a problem says besides what every problem says. */
const MEMBERS: Partial<Record<ProblemCode, object>> = {
  VALIDATION_FAILED: {
    detail: 'name must be longer than or equal to 1 and shorter than or equal to 255 characters',
    errors: [
      {
        field: 'name',
        message: 'name must be longer than or equal to 1 and shorter than or equal to 255 characters',
      },
    ],
  },
  NOT_FOUND: { detail: 'There is no conversation 019c8f00-0000-7000-8000-000000000399.' },
  INBOX_INACTIVE: { detail: 'Inbox 019c8f00-0000-7000-8000-000000000103 is archived.' },
  CONVERSATION_NOT_QUEUED: {
    state: 'ALLOCATED',
    assignedOperatorId: '019c8f00-0000-7000-8000-000000000012',
  },
  CONVERSATION_NOT_ALLOCATED: { state: 'QUEUED', assignedOperatorId: null },
  CONVERSATION_ALREADY_RESOLVED: { state: 'RESOLVED', assignedOperatorId: null },
  LEAD_MERGED: {
    detail:
      'Lead 019c8f00-0000-7000-8000-000000000402 was merged into lead 019c8f00-0000-7000-8000-000000000401.',
    intoLeadId: '019c8f00-0000-7000-8000-000000000401',
  },
  ALREADY_EXISTS: { detail: 'There is already an operator with this email.', field: 'email' },
  QUOTA_EXCEEDED: { detail: 'A tenant can have at most 100 API keys.', limit: 100 },
  VERSION_MISMATCH: { version: 3 },
};

function example(code: ProblemCode): object {
  const [status, title] = PROBLEMS[code];
  return {
    type: problemType(code),
    title,
    status,
    detail: `${title}.`,
    code,
    instance: '/api/v1/allocation/claim',
    requestId: 'b7e1d6b4-3f43-4f0e-9d1c-0a4f4c1b8a7e',
    ...MEMBERS[code],
  };
}
