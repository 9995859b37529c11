/** Every problem code with its status and title. The codes are part of the contract and never change. */
export const PROBLEMS = {
  VALIDATION_FAILED: [400, 'Validation failed'],
  INVALID_CURSOR: [400, 'Invalid cursor'],
  UNAUTHENTICATED: [401, 'Unauthenticated'],
  FORBIDDEN: [403, 'Forbidden'],
  NOT_SUBSCRIBED: [403, 'Not subscribed'],
  OPERATOR_INACTIVE: [403, 'Operator inactive'],
  TENANT_SUSPENDED: [403, 'Tenant suspended'],
  NOT_FOUND: [404, 'Not found'],
  INBOX_INACTIVE: [404, 'Inbox inactive'],
  METHOD_NOT_ALLOWED: [405, 'Method not allowed'],
  NOT_ACCEPTABLE: [406, 'Not acceptable'],
  REQUEST_TIMEOUT: [408, 'Request timeout'],
  CONVERSATION_NOT_QUEUED: [409, 'Conversation not queued'],
  CONVERSATION_NOT_ALLOCATED: [409, 'Conversation not allocated'],
  CONVERSATION_ALREADY_RESOLVED: [409, 'Conversation already resolved'],
  OPERATOR_OFFLINE: [409, 'Operator offline'],
  OPERATOR_PAUSED: [409, 'Operator paused'],
  OPERATOR_AT_CAPACITY: [409, 'Operator at capacity'],
  OPERATOR_AT_PARK_LIMIT: [409, 'Operator at park limit'],
  LAST_ADMIN: [409, 'Last ADMIN'],
  TENANT_NOT_SUSPENDED: [409, 'Tenant not suspended'],
  LABEL_OF_OTHER_INBOX: [409, 'Label of another inbox'],
  LEAD_MERGED: [409, 'Lead merged'],
  ALREADY_EXISTS: [409, 'Already exists'],
  IDEMPOTENCY_KEY_IN_USE: [409, 'Idempotency key in use'],
  TOO_MANY_SELECTED: [409, 'Too many selected'],
  BULK_RUNNING: [409, 'Bulk running'],
  PLAN_EXPIRED: [409, 'Plan expired'],
  PLAN_USED: [409, 'Plan used'],
  QUOTA_EXCEEDED: [409, 'Quota exceeded'],
  VERSION_MISMATCH: [412, 'Version mismatch'],
  PAYLOAD_TOO_LARGE: [413, 'Payload too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'Unsupported media type'],
  IDEMPOTENCY_KEY_REUSED: [422, 'Idempotency key reused'],
  RATE_LIMITED: [429, 'Too many requests'],
  TOO_MANY_STREAMS: [429, 'Too many streams'],
  HEADERS_TOO_LARGE: [431, 'Headers too large'],
  INTERNAL: [500, 'Internal server error'],
  DATABASE_UNAVAILABLE: [503, 'Database unavailable'],
  SHUTTING_DOWN: [503, 'Shutting down'],
  IDENTITY_PROVIDER_UNAVAILABLE: [503, 'Identity provider unavailable'],
  SECRET_UNAVAILABLE: [503, 'Secret unavailable'],
  STREAMS_UNAVAILABLE: [503, 'Streams unavailable'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The `type` of RFC 9457. It is a stable name, not an address. */
export function problemType(code: ProblemCode): string {
  return `urn:inbox-allocation:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

export interface FieldError {
  field: string;
  message: string;
}

/**
 * An error that rejects the request. Services throw it with a code, and the filter turns it into an HTTP response.
 * `members` are further fields of the response, for example the state of a conversation.
 */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
    /** What the log says beside the code, and the response does not. */
    readonly reason: string | null = null,
  ) {
    super(detail);
    this.name = code;
  }
}

export class NotFound extends Problem {
  /** @param what the kind of resource in the words of the API, for example `conversation` */
  constructor(what: string, id: string) {
    super('NOT_FOUND', `There is no ${what} ${id}.`);
  }
}

export class InboxInactive extends Problem {
  constructor(id: string) {
    super('INBOX_INACTIVE', `Inbox ${id} is archived.`);
  }
}

/** A client mends one error after the other; a thousand of them serve nobody. */
const MAX_ERRORS = 20;

export class ValidationFailed extends Problem {
  readonly errors: readonly FieldError[];

  /** @param errors the response tells the first 20 of them */
  constructor(errors: readonly FieldError[]) {
    const told = errors.slice(0, MAX_ERRORS);
    const more = errors.length - told.length;
    const messages = [...told.map(({ message }) => message), ...(more > 0 ? [`and ${more} more`] : [])];
    super('VALIDATION_FAILED', messages.join('; '), { errors: told });
    this.errors = told;
  }
}

export class RateLimited extends Problem {
  readonly retryAfterSeconds: number;

  /** @param resetSeconds whole seconds until the full limit is available again */
  constructor({ account, limit, resetSeconds }: { account: string; limit: number; resetSeconds: number }) {
    const whose = account === 'tenant' ? ' of your tenant' : '';
    const detail = `More than ${limit} requests${whose} within a minute. Wait ${resetSeconds} s.`;
    super('RATE_LIMITED', detail, {}, `${account} rate`);
    this.retryAfterSeconds = resetSeconds;
  }
}

export class AlreadyExists extends Problem {
  constructor(what: string, field: string) {
    super('ALREADY_EXISTS', `There is already ${what} with this ${field}.`, { field });
  }
}

export class QuotaExceeded extends Problem {
  /** @param what the plural of a resource in the words of the API, for example `API keys` */
  constructor(what: string, limit: number) {
    super('QUOTA_EXCEEDED', `A tenant can have at most ${limit} ${what}.`, { limit });
  }
}
