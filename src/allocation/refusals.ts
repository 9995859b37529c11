import { Problem, type ProblemCode } from '../http/problem.js';

/** The refusals of ineligibility_reasons, with the code and the detail that the response has. */
const REASONS = {
  OPERATOR_OFFLINE: ['OPERATOR_OFFLINE', 'The operator is OFFLINE. Set the status to AVAILABLE first.'],
  OPERATOR_PAUSED: ['OPERATOR_PAUSED', 'The operator is PAUSED. Set the status to AVAILABLE first.'],
  OPERATOR_NOT_PRESENT: [
    'OPERATOR_OFFLINE',
    'The operator gave no sign of life in time and is about to become OFFLINE. Renew their presence first.',
  ],
  OPERATOR_AT_CAPACITY: [
    'OPERATOR_AT_CAPACITY',
    'The operator holds as many conversations as their maxLoad allows. Resolve one first.',
  ],
  AT_INBOX_CAPACITY: [
    'OPERATOR_AT_CAPACITY',
    'The operator holds as many conversations of this inbox as their subscription allows. Resolve one first.',
  ],
  OPERATOR_INACTIVE: ['OPERATOR_INACTIVE', 'The operator has been deactivated.'],
} satisfies Record<string, readonly [code: ProblemCode, detail: string]>;

/** Whether a refusal is one of ineligibility_reasons. */
export function isOfOperator(refusal: string): refusal is keyof typeof REASONS {
  return refusal in REASONS;
}

/** The problem for a refusal that concerns the operator. */
export function operatorRefusal(refusal: string): Problem {
  if (!isOfOperator(refusal)) throw new Error(`unknown refusal ${refusal}`);
  const [code, detail] = REASONS[refusal];
  return new Problem(code, detail);
}
