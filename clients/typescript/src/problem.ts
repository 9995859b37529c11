import type { components } from './openapi.js';

export type ProblemCode = components['schemas']['ProblemCode'];

/** The body of every error, by RFC 9457. Its `code` says which further fields it has. */
export type Problem = components['schemas']['Problem'];

/** The problem with this code. */
export type ProblemOf<Code extends ProblemCode> = Problem & { code: Code };

/** The service refused the request. */
export class ProblemError<Code extends ProblemCode = ProblemCode> extends Error {
  constructor(
    readonly problem: ProblemOf<Code>,
    /** The response, without its body. */
    readonly response: Response,
  ) {
    super(`${problem.code}: ${problem.detail}`);
    this.name = 'ProblemError';
  }
}

/** Something else than the service responded, such as a proxy. */
export class UnexpectedResponseError extends Error {
  constructor(
    readonly response: Response,
    readonly body: string,
  ) {
    super(`${response.status} without a problem: ${body.slice(0, 200)}`);
    this.name = 'UnexpectedResponseError';
  }
}

/**
 * The request was carried out, but its response was lost and is not stored: it was too large, or the customer was erased
 * meanwhile. `see` is the path that shows what came of it.
 */
export class ResponseNotStoredError extends Error {
  constructor(
    readonly response: Response,
    readonly see: string,
    detail: string,
  ) {
    super(detail);
    this.name = 'ResponseNotStoredError';
  }
}

/** Whether the error is the refusal of a request with one of the codes. */
export function isProblem<Code extends ProblemCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is ProblemError<Code> {
  return error instanceof ProblemError && codes.some((code) => code === (error as ProblemError).problem.code);
}

type Result = { response: Response } & ({ data?: unknown; error?: never } | { data?: never; error: unknown });

/**
 * The data of a response.
 * @throws ProblemError when the service refused the request
 */
export async function unwrap<R extends Result>(result: Promise<R> | R): Promise<DataOf<R>> {
  const { data, error, response } = await result;
  if (error !== undefined) throw new ProblemError(error as Problem, response);
  return data as DataOf<R>;
}

/** What the result holds when there is no error. */
export type DataOf<R> = R extends { data: infer Data; error?: never } ? Data : never;
