/** Every kind of thing whose changes are audited, and how each of its fields is shown. What is missing is not audited. */
export const AUDITED = {
  TENANT: {
    name: 'shown',
    externalId: 'shown',
    isSuspended: 'shown',
    isDeleted: 'shown',
    alpha: 'shown',
    beta: 'shown',
    normalization: 'shown',
    maxMessageCount: 'shown',
    maxDelayMinutes: 'shown',
    candidateWindow: 'shown',
    delayBasis: 'shown',
    countBasis: 'shown',
    gracePeriodSeconds: 'shown',
    declineSeconds: 'shown',
    presenceTimeoutSeconds: 'shown',
    operatorsMayHandOver: 'shown',
    missesBeforePause: 'shown',
    maxParked: 'shown',
    backlogPerMinute: 'shown',
    unattendedSeconds: 'shown',
    autoSubscribe: 'shown',
    defaultMaxLoad: 'shown',
    defaultInboxId: 'shown',
    retentionDays: 'shown',
  },
  OPERATOR: {
    name: 'shown',
    // Contact data.
    email: 'hidden',
    // Identity providers use addresses as ids too.
    externalId: 'unlessAddress',
    role: 'shown',
    maxLoad: 'shown',
    isActive: 'shown',
  },
  INBOX: {
    name: 'shown',
    phoneNumber: 'shown',
    description: 'shown',
    distribution: 'shown',
    acceptWithinSeconds: 'shown',
    replyWithinSeconds: 'shown',
    waitTargetSeconds: 'shown',
    onReplyOverdue: 'shown',
    affinity: 'shown',
    boostMinutes: 'shown',
    isActive: 'shown',
    redirectToInboxId: 'shown',
    /** `{operatorId: {weight, maxLoad}}`, of those that changed. */
    subscriptions: 'shown',
  },
  LABEL: { name: 'shown', color: 'shown', inboxId: 'shown' },
  API_KEY: {
    name: 'shown',
    scopes: 'shown',
    requestSigning: 'shown',
    expiresAt: 'shown',
    isRevoked: 'shown',
  },
  WEBHOOK: {
    // Receivers put secrets into it.
    url: 'hidden',
    events: 'shown',
    inboxId: 'shown',
    description: 'shown',
    enabled: 'shown',
    secret: 'hidden',
  },
  /** A customer. Only what is erased is audited. */
  LEAD: { isErased: 'shown' },
} as const satisfies Record<string, Record<string, Rule>>;

/** How the value of a field is shown. That it changed is always told. */
type Rule = 'shown' | 'hidden' | 'unlessAddress';

export type SubjectType = keyof typeof AUDITED;
export const SUBJECT_TYPES = Object.keys(AUDITED) as SubjectType[];

/** What an entry says instead of contact data and secrets. */
const HIDDEN = '[hidden]';

/** Everything that is audited, with the kind of thing that it changes. */
export const ACTIONS = {
  'tenant.created': 'TENANT',
  'tenant.updated': 'TENANT',
  'tenant.deleted': 'TENANT',
  'operator.created': 'OPERATOR',
  'operator.updated': 'OPERATOR',
  'inbox.created': 'INBOX',
  'inbox.updated': 'INBOX',
  'inbox.subscriptions-changed': 'INBOX',
  'label.created': 'LABEL',
  'label.updated': 'LABEL',
  'label.deleted': 'LABEL',
  'api-key.created': 'API_KEY',
  'api-key.revoked': 'API_KEY',
  'webhook.created': 'WEBHOOK',
  'webhook.updated': 'WEBHOOK',
  'webhook.deleted': 'WEBHOOK',
  'webhook.secret-rotated': 'WEBHOOK',
  'lead.erased': 'LEAD',
} as const satisfies Record<string, SubjectType>;
export type Action = keyof typeof ACTIONS;

type Fields = Readonly<Record<string, unknown>>;

export interface Difference {
  before: Fields | null;
  after: Fields | null;
}

/**
 * The audited fields that differ, each as it is shown.
 * @param before null: the thing is new
 * @param after null: the thing is gone
 * @returns null when nothing differs
 */
export function differenceOf(
  type: SubjectType,
  before: object | null,
  after: object | null,
): Difference | null {
  const [was, is] = [before as Fields | null, after as Fields | null];
  const rules = Object.entries<Rule>(AUDITED[type]);
  const changed = rules.filter(([field]) => textOf(was?.[field]) !== textOf(is?.[field]));
  if (changed.length === 0 && before !== null && after !== null) return null;
  const shown = (fields: Fields | null) =>
    fields &&
    Object.fromEntries(changed.map(([field, rule]) => [field, shownAs(rule, fields[field] ?? null)]));
  return { before: shown(was), after: shown(is) };
}

function shownAs(rule: Rule, value: unknown): unknown {
  const isHidden = rule === 'hidden' || (rule === 'unlessAddress' && textOf(value).includes('@'));
  return isHidden && value !== null ? HIDDEN : value;
}

function textOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}
