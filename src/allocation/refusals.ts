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

/** What a holder hears who hands a conversation over to an operator who cannot take it. */
const OF_RECEIVER: Record<
  keyof typeof REASONS | 'NOT_SUBSCRIBED',
  readonly [code: ProblemCode, why: string]
> = {
  OPERATOR_OFFLINE: ['OPERATOR_OFFLINE', 'is OFFLINE'],
  OPERATOR_PAUSED: ['OPERATOR_PAUSED', 'is PAUSED'],
  OPERATOR_NOT_PRESENT: ['OPERATOR_OFFLINE', 'gave no sign of life in time and is about to become OFFLINE'],
  OPERATOR_AT_CAPACITY: ['OPERATOR_AT_CAPACITY', 'holds as many conversations as their maxLoad allows'],
  AT_INBOX_CAPACITY: [
    'OPERATOR_AT_CAPACITY',
    'holds as many conversations of this inbox as their subscription allows',
  ],
  // OPERATOR_INACTIVE means the caller.
  OPERATOR_INACTIVE: ['NOT_FOUND', 'has been deactivated'],
  NOT_SUBSCRIBED: ['NOT_SUBSCRIBED', 'is not subscribed to the inbox of the conversation'],
};

export function receiverRefusal(refusal: keyof typeof OF_RECEIVER, operatorId: string): Problem {
  const [code, why] = OF_RECEIVER[refusal];
  return new Problem(code, `Operator ${operatorId} ${why}.`);
}
