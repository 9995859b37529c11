import { plainNumber } from '../customers/phone-number.js';
import { isPlainId, isPlainLine } from '../customers/texts.js';
import { isAddress } from '../http/fields.js';
import { isBoost } from '../queue/boost-minutes.js';
import type { NormalisedLead, NormalisedMessage } from './read-message.js';

/**
 * A fast check for messages that are obviously valid. Returns the same as readMessage, which then has no warnings, or
 * undefined when readMessage must decide.
 */
export function plainMessage(value: unknown): NormalisedMessage | undefined {
  return plain<NormalisedMessage>(value, {}, MESSAGE_FIELDS);
}

/** Returns the value of a field; undefined when it is not obviously valid. */
type Reading = (value: unknown) => unknown;

const ofText =
  (isPlain: (text: string) => boolean): Reading =>
  (value) =>
    typeof value === 'string' && isPlain(value) ? value : undefined;
const id = ofText(isPlainId);
const line = ofText(isPlainLine);
const uuid: Reading = (value) => {
  const lower = typeof value === 'string' ? value.toLowerCase() : '';
  return UUID.test(lower) ? lower : undefined;
};
const phone: Reading = (value) => (typeof value === 'string' ? plainNumber(value) : undefined);
const email = ofText((text) => text.length <= 254 && isAddress(text));
/** A UTC time of the 21st century on an existing date. Other forms are valid too, but are left to readMessage. */
const time: Reading = (value) => {
  if (typeof value !== 'string' || !TIME.test(value)) return undefined;
  const moment = Date.parse(value);
  if (Number.isNaN(moment)) return undefined;
  const iso = new Date(moment).toISOString();
  return iso.startsWith(value.slice(0, 10)) ? iso : undefined;
};
const boost: Reading = (value) => (isBoost(value) ? value : undefined);
const lead: Reading = (value) => {
  const read = plain<NormalisedLead>(value, {}, LEAD_FIELDS);
  return read?.externalId === undefined ? undefined : read;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^20\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/;

const LEAD_FIELDS = new Map<string, Reading>(
  Object.entries({ externalId: id, name: line, email, phone } satisfies Record<
    keyof NormalisedLead,
    Reading
  >),
);
const MESSAGE_FIELDS = new Map<string, Reading>(
  Object.entries({
    externalConversationId: id,
    inboxId: uuid,
    inboxPhoneNumber: phone,
    customerPhoneNumber: phone,
    customerAddress: id,
    boostMinutes: boost,
    subject: line,
    displayName: line,
    messageId: id,
    occurredAt: time,
    lead,
  } satisfies Record<Exclude<keyof NormalisedMessage, 'isAddressInsteadOfNumber'>, Reading>),
);

/** Copies all fields of `value` into `into`. Returns undefined when one is not obviously valid. */
function plain<T extends object>(
  value: unknown,
  into: T,
  fields: ReadonlyMap<string, Reading>,
): T | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const read = fields.get(name)?.(member);
    if (read === undefined) return undefined;
    into[name as keyof T] = read as T[keyof T];
  }
  return into;
}
