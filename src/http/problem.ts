/** Every code a caller can meet, with its status and title. The codes are part of the contract and never change. */
export const PROBLEMS = {
  VALIDATION_FAILED: [400, 'The request is not valid'],
  INVALID_CURSOR: [400, 'The cursor is not valid here'],
  UNAUTHENTICATED: [401, 'Who is calling is not proven'],
  FORBIDDEN: [403, 'Not allowed'],
  NOT_SUBSCRIBED: [403, 'Not subscribed to the inbox'],
  OPERATOR_INACTIVE: [403, 'The operator is deactivated'],
  NOT_FOUND: [404, 'Not found'],
  METHOD_NOT_ALLOWED: [405, 'Method not allowed'],
  REQUEST_TIMEOUT: [408, 'The request did not come to its end'],
  CONVERSATION_NOT_QUEUED: [409, 'The conversation is not waiting'],
  CONVERSATION_NOT_ALLOCATED: [409, 'The conversation is not with an operator'],
  CONVERSATION_ALREADY_RESOLVED: [409, 'The conversation is resolved already'],
  OPERATOR_OFFLINE: [409, 'The operator is OFFLINE'],
  OPERATOR_AT_CAPACITY: [409, 'The operator is at capacity'],
  LABEL_OF_OTHER_INBOX: [409, 'The label belongs to another inbox'],
  ALREADY_EXISTS: [409, 'It exists already'],
  IDEMPOTENCY_KEY_IN_USE: [409, 'A request with this idempotency key is running'],
  VERSION_MISMATCH: [412, 'Someone was faster'],
  PAYLOAD_TOO_LARGE: [413, 'The body is too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The content type is not supported'],
  IDEMPOTENCY_KEY_REUSED: [422, 'The idempotency key belongs to another request'],
  RATE_LIMITED: [429, 'Too many requests'],
  TOO_MANY_STREAMS: [429, 'Too many streams'],
  HEADERS_TOO_LARGE: [431, 'The headers are too large'],
  INTERNAL: [500, 'Something went wrong on our side'],
  DATABASE_UNAVAILABLE: [503, 'The database is not available'],
  SHUTTING_DOWN: [503, 'This instance is stopping'],
  IDENTITY_PROVIDER_UNAVAILABLE: [503, 'The identity provider is not available'],
  STREAMS_UNAVAILABLE: [503, 'No stream can be opened here'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface FieldError {
  field: string;
  message: string;
}

/**
 * Something a caller has to be told. Rooms throw it with a code; only the filter knows what HTTP makes of it.
 * `members` are further fields of the answer, for example the state a conversation is in.
 */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = code;
  }
}

export class NotFound extends Problem {
  /** @param what the kind of thing in the words of the API, for example `conversation` */
  constructor(what: string, id: string) {
    super('NOT_FOUND', `There is no ${what} ${id}.`);
  }
}

export class ValidationFailed extends Problem {
  constructor(readonly errors: readonly FieldError[]) {
    super('VALIDATION_FAILED', errors.map((e) => e.message).join('; '), { errors });
  }
}

export class RateLimited extends Problem {
  /** @param retryAfterSeconds whole seconds until the limit is whole again */
  constructor(
    limit: number,
    readonly retryAfterSeconds: number,
  ) {
    super('RATE_LIMITED', `More than ${limit} requests within a minute. Wait ${retryAfterSeconds} s.`);
  }
}

export class AlreadyExists extends Problem {
  constructor(what: string, field: string) {
    super('ALREADY_EXISTS', `There is already ${what} with this ${field}.`, { field });
  }
}
