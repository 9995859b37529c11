import { Problem, type ProblemCode } from '../http/problem.js';

const REASONS = {
  OPERATOR_OFFLINE: 'The operator is OFFLINE. Set the status to AVAILABLE first.',
  OPERATOR_AT_CAPACITY:
    'The operator holds as many conversations as their maxLoad allows. Resolve one first.',
  OPERATOR_INACTIVE: 'The operator has been deactivated.',
  NOT_FOUND: 'There is no such operator.',
} satisfies Partial<Record<ProblemCode, string>>;

/** What `lock_operator_to_take` answered, as a problem. */
export function operatorRefusal(refusal: string): Problem {
  if (!(refusal in REASONS)) throw new Error(`unknown refusal ${refusal}`);
  const code = refusal as keyof typeof REASONS;
  return new Problem(code, REASONS[code]);
}
