import { ProblemError, ResponseNotStoredError, type ProblemCode } from '@inbox-allocation/client';
import { texts } from '../texts.js';

/** An error whose message is for the reader. */
export class Told extends Error {}

/** What went wrong, in the words of the service, and what to do about it. */
export function messageOf(error: unknown): string {
  if (error instanceof ProblemError) {
    const hint = texts.hints[error.problem.code as ProblemCode];
    return hint === undefined ? error.problem.detail : `${error.problem.detail} ${hint}`;
  }
  if (error instanceof ResponseNotStoredError || error instanceof Told) return error.message;
  return texts.noResponse;
}
