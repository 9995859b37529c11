import { HttpException } from '@nestjs/common';
import { isUnavailable, OutcomeUnknown, sqlStateOf } from '../database/failure.js';
import { SecretUnreadable } from '../secrets/secret-keys.js';
import { AlreadyExists, Problem, ValidationFailed, type ProblemCode } from './problem.js';

/** The problem that the caller sees for an error. Unexpected errors become INTERNAL and give no details. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof SecretUnreadable) return new Problem('SECRET_UNAVAILABLE', SECRET_UNREADABLE);
  if (error instanceof HttpException) return ofHttpStatus(error.getStatus(), error.message);
  // Fastify's errors have a `code` like database errors, so this checks their status first.
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') {
    return ofHttpStatus(error.statusCode, error.message);
  }
  return error instanceof Error ? ofDatabaseError(error) : internal();
}

const CODE_OF_STATUS: Record<number, ProblemCode> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  503: 'DATABASE_UNAVAILABLE',
};

/** Errors of Fastify and Nest themselves: unknown routes, bodies that are too large, malformed URLs. */
function ofHttpStatus(status: number, message: string): Problem {
  const code = CODE_OF_STATUS[status];
  if (code !== undefined) return new Problem(code, message);
  if (status >= 400 && status < 500) return new ValidationFailed([{ field: 'request', message }]);
  return internal();
}

interface DatabaseError extends Error {
  constraint?: string;
  /** The error of the driver, when TypeORM wrapped it. */
  driverError?: Error & { constraint?: string };
}

/** Unique constraints that callers can violate, in the words of the API. */
const UNIQUE: Record<string, [what: string, field: string]> = {
  api_keys_name_unique: ['an API key', 'name'],
  inboxes_name_unique: ['an inbox', 'name'],
  operators_external_id_unique: ['an operator', 'externalId'],
  tenants_external_id_unique: ['a tenant', 'externalId'],
  inboxes_phone_number_unique: ['an inbox', 'phoneNumber'],
  operators_email_unique: ['an operator', 'email'],
  subscriptions_pk: ['a subscription of the operator', 'operatorId'],
  labels_name_unique: ['a label of the inbox', 'name'],
};

const TRY_AGAIN = 'The database did not respond in time. Try again in a moment.';
const SECRET_UNREADABLE =
  'The service cannot read a secret or a response that it stored. Those who run it find the reason in its log.';
const OUTCOME_UNKNOWN =
  'The connection to the database was lost, so it is unknown whether this was done. Check before you try again; ' +
  'a request with an Idempotency-Key can be repeated unchanged.';

function ofDatabaseError(error: DatabaseError): Problem {
  const state = sqlStateOf(error.driverError ?? error);
  const unique = UNIQUE[error.driverError?.constraint ?? error.constraint ?? ''];
  if (state === '23505' && unique !== undefined) return new AlreadyExists(...unique);
  if (error instanceof OutcomeUnknown) return new Problem('DATABASE_UNAVAILABLE', OUTCOME_UNKNOWN);
  return isUnavailable(error) ? new Problem('DATABASE_UNAVAILABLE', TRY_AGAIN) : internal();
}

function internal(): Problem {
  return new Problem('INTERNAL', 'An unexpected error occurred. Report the request id if it occurs again.');
}
