import { IdField, TextField } from '../http/fields.js';
import { ValidationFailed } from '../http/problem.js';
import { ConversationRequest } from './allocation-requests.js';

const REASON = {
  description: 'Why, in one line. The ledger keeps it.',
  example: 'Asks for an invoice, which Billing writes',
  optional: true,
} as const;

export class ReleaseRequest extends ConversationRequest {
  @TextField(REASON)
  reason?: string;
}

export class TransferRequest extends ConversationRequest {
  @IdField({
    description: 'The operator who receives it. Exactly one of operatorId and inboxId.',
    example: '019c8f00-0000-7000-8000-000000000012',
    optional: true,
  })
  operatorId?: string;

  @IdField({
    description: 'The inbox in whose queue it waits.',
    example: '019c8f00-0000-7000-8000-000000000102',
    optional: true,
  })
  inboxId?: string;

  @TextField(REASON)
  reason?: string;
}

/** @throws ValidationFailed unless the request names an operator or an inbox, and the operator is not the caller */
export function receiverOf(
  { operatorId, inboxId }: TransferRequest,
  caller: { operatorId: string },
): { operatorId: string } | { inboxId: string } {
  const refuse = (field: string, message: string) => new ValidationFailed([{ field, message }]);
  if (operatorId !== undefined && inboxId !== undefined)
    throw refuse('inboxId', 'inboxId must be missing where operatorId is given');
  if (operatorId === caller.operatorId) throw refuse('operatorId', 'operatorId must not be the caller');
  if (operatorId !== undefined) return { operatorId };
  if (inboxId !== undefined) return { inboxId };
  throw refuse('operatorId', 'operatorId or inboxId must be given');
}
