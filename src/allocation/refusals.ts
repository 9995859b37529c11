import { Problem, type ProblemCode } from '../http/problem.js';

const REASONS = {
  OPERATOR_OFFLINE: 'The operator is OFFLINE. Set the status to AVAILABLE first.',
  OPERATOR_AT_CAPACITY:
    'The operator holds as many conversations as their maxLoad allows. Resolve one first.',
  OPERATOR_INACTIVE: 'The operator has been deactivated.',
} satisfies Partial<Record<ProblemCode, string>>;

/** Whether a refusal is one of operator_ineligibility_reasons. */
export function isOfOperator(refusal: string): refusal is keyof typeof REASONS {
  return refusal in REASONS;
}

/** The problem for a refusal that concerns the operator. */
export function operatorRefusal(refusal: string): Problem {
  if (!isOfOperator(refusal)) throw new Error(`unknown refusal ${refusal}`);
  return new Problem(refusal, REASONS[refusal]);
}
