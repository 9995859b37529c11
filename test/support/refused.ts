import type { Test } from 'supertest';
import type { FieldError, ProblemCode } from '../../src/http/problem.js';
import { PROBLEMS } from '../../src/http/problem.js';

/** The body of a refusal. */
export interface Refusal {
  status: number;
  code: ProblemCode;
  detail: string;
  errors?: FieldError[];
}

/** Expects the call to be refused with the code, its status, and perhaps further members of the problem. */
export async function refused(
  call: Test,
  code: ProblemCode,
  members: Record<string, unknown> = {},
): Promise<Refusal> {
  const response = await call;
  const [status] = PROBLEMS[code];
  expect(response.body).toMatchObject({ code, status, ...members });
  expect(response.status).toBe(status);
  expect(response.type).toBe('application/problem+json');
  return response.body as Refusal;
}

/** Expects 400 for these fields and no others. */
export async function invalid(call: Test, ...fields: string[]): Promise<void> {
  const { errors = [] } = await refused(call, 'VALIDATION_FAILED');
  expect(errors.map(({ field }) => field)).toEqual(fields);
}
