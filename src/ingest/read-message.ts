import { isUUID } from 'class-validator';
import { readMoment } from '../customers/moment.js';
import { homeOf, phoneNumber, readNumber, type Home } from '../customers/phone-number.js';
import {
  cleanId,
  cleanLine,
  LONGEST_ADDRESS,
  LONGEST_ID,
  storableText,
  type CleanText,
} from '../customers/texts.js';
import { warning, type Warning, type WarningCode } from '../customers/warning.js';
import { isAddress } from '../http/fields.js';
import { ValidationFailed, type FieldError } from '../http/problem.js';
import { rejectInherited, rejectOthers } from '../http/validation.pipe.js';
import { BOOST, isBoost } from '../queue/boost-minutes.js';
import type { Message, MessageLead } from './message.js';

/** What is stored of a message. A field that was not given is absent. */
export interface NormalisedMessage {
  externalConversationId?: string;
  inboxId?: string;
  inboxPhoneNumber?: string;
  customerPhoneNumber?: string;
  customerAddress?: string;
  /** Whether the address is what came as the number of the customer. Many people can have it, such as `anonymous`. */
  isAddressInsteadOfNumber?: true;
  boostMinutes?: number;
  subject?: string;
  displayName?: string;
  messageId?: string;
  occurredAt?: string;
  lead?: NormalisedLead;
}

export interface NormalisedLead {
  externalId?: string;
  name?: string;
  email?: string;
  phone?: string;
}

export interface ReadMessage {
  message: NormalisedMessage;
  warnings: readonly Warning[];
  /** Whether a number may be in national form, while the country of the inbox is not known. */
  needsHome: boolean;
}

const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  'externalConversationId',
  'inboxId',
  'inboxPhoneNumber',
  'customerPhoneNumber',
  'customerAddress',
  'boostMinutes',
  'subject',
  'displayName',
  'messageId',
  'occurredAt',
  'lead',
] satisfies (keyof Message)[]);
const LEAD_FIELDS: ReadonlySet<string> = new Set([
  'externalId',
  'name',
  'email',
  'phone',
] satisfies (keyof MessageLead)[]);

/**
 * Reads a message. What customers and channels wrote is normalised, with warnings; what the programmer of the
 * orchestrator must mend is refused.
 * @param home the country of the inbox, if it was looked up
 * @throws VALIDATION_FAILED with every invalid field
 */
export function readMessage(value: unknown, home: Home | null = null): ReadMessage {
  // A request without a body is a message without fields.
  const given: Record<keyof Message, unknown> = fieldsOf(value === undefined ? {} : value, 'message');
  rejectInherited(given);
  rejectOthers(given, MESSAGE_FIELDS);
  return new MessageReader(home).read(given);
}

class MessageReader {
  private readonly errors: FieldError[] = [];
  private readonly warnings: Warning[] = [];
  private needsHome = false;
  private isHomeKnown: boolean;

  constructor(private home: Home | null) {
    this.isHomeKnown = home !== null;
  }

  read(given: Record<keyof Message, unknown>): ReadMessage {
    const message: Partial<Record<keyof NormalisedMessage, unknown>> = {
      // The number of the inbox says where the other numbers are at home, so it comes before them.
      externalConversationId: this.id('externalConversationId', given.externalConversationId),
      inboxId: this.inboxId(given.inboxId),
      inboxPhoneNumber: this.inboxNumber(given.inboxPhoneNumber),
      ...this.customer(given),
      boostMinutes: this.boost('boostMinutes', given.boostMinutes),
      subject: this.line('subject', given.subject, 'TEXT_CUT'),
      displayName: this.line('displayName', given.displayName, 'NAME_CLEANED'),
      messageId: this.id('messageId', given.messageId),
      occurredAt: this.time('occurredAt', given.occurredAt),
      lead: this.lead(given.lead),
    };
    if (this.errors.length > 0) throw new ValidationFailed(this.errors);
    return { message: withoutAbsent(message), warnings: this.warnings, needsHome: this.needsHome };
  }

  private inboxId(value: unknown): string | undefined {
    const id = this.text('inboxId', value);
    if (id !== undefined && !isUUID(id)) this.refuse('inboxId', 'must be a UUID');
    return id?.toLowerCase();
  }

  private inboxNumber(value: unknown): string | undefined {
    const text = this.text('inboxPhoneNumber', value);
    if (text === undefined) return undefined;
    const number = phoneNumber(text);
    if (number === null)
      this.refuse('inboxPhoneNumber', 'must be a phone number with its country code, or a short code');
    else this.home = homeOf(number);
    // Without a country too: that of a short code.
    this.isHomeKnown = true;
    return number ?? undefined;
  }

  private customer(given: Record<keyof Message, unknown>) {
    const text = this.text('customerPhoneNumber', given.customerPhoneNumber);
    const number = text === undefined ? undefined : this.number(text);
    if (number === null) this.warn('customerPhoneNumber', 'PHONE_NUMBER_NOT_UNDERSTOOD');
    const customerAddress = this.cleaned(
      'customerAddress',
      this.text('customerAddress', given.customerAddress),
      (address) => cleanId(address, LONGEST_ADDRESS),
    );
    if (customerAddress !== undefined || number !== null || text === undefined)
      return { customerPhoneNumber: number ?? undefined, customerAddress };
    // The customer is reached there, whatever it is.
    return { customerAddress: cleanId(text, LONGEST_ADDRESS).text, isAddressInsteadOfNumber: true };
  }

  private number(text: string): string | null {
    const { number, isNational } = readNumber(text, this.home);
    if (isNational && !this.isHomeKnown) this.needsHome = true;
    return number;
  }

  private lead(value: unknown): NormalisedLead | undefined {
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.refuse('lead', 'must be an object');
      return undefined;
    }
    rejectOthers(value, LEAD_FIELDS, 'lead.');
    const given = value as Record<keyof MessageLead, unknown>;
    const lead = {
      externalId: this.id('lead.externalId', given.externalId),
      name: this.line('lead.name', given.name, 'NAME_CLEANED'),
      email: this.email('lead.email', given.email),
      phone: this.leadNumber('lead.phone', given.phone),
    };
    const known = withoutAbsent(lead) as NormalisedLead;
    if (Object.keys(known).length > 0) return known;
    this.warn('lead', 'FIELD_LEFT_OUT');
    return undefined;
  }

  private email(field: string, value: unknown): string | undefined {
    const text = this.text(field, value)?.trim();
    if (text === undefined || (text.length <= 254 && isAddress(text))) return text;
    return this.contact(field, text, 'EMAIL_NOT_VALID');
  }

  private leadNumber(field: string, value: unknown): string | undefined {
    const text = this.text(field, value);
    if (text === undefined) return undefined;
    return this.number(text) ?? this.contact(field, text, 'PHONE_NUMBER_NOT_UNDERSTOOD');
  }

  /** A text that is not what it should be, kept for people to read. */
  private contact(field: string, text: string, code: WarningCode): string | undefined {
    const kept = storableText(text);
    if (kept?.text === undefined) this.warn(field, 'FIELD_LEFT_OUT');
    else this.warn(field, code);
    if (kept?.isCut === true) this.warn(field, 'TEXT_CUT');
    return kept?.text;
  }

  private id(field: string, value: unknown): string | undefined {
    return this.cleaned(field, this.textOrNumber(field, value), (text) => cleanId(text, LONGEST_ID));
  }

  private line(field: string, value: unknown, code: WarningCode): string | undefined {
    return this.cleaned(field, this.text(field, value), cleanLine, code);
  }

  private cleaned(
    field: string,
    written: string | undefined,
    clean: (text: string) => CleanText,
    code: WarningCode = 'TEXT_CUT',
  ): string | undefined {
    if (written === undefined) return undefined;
    const { text, isCleaned, isCut } = clean(written);
    if (isCleaned) this.warn(field, code);
    if (isCut && !(isCleaned && code === 'TEXT_CUT')) this.warn(field, 'TEXT_CUT');
    return text;
  }

  private boost(field: string, value: unknown): number | undefined {
    if (value === undefined || value === null || value === '') return undefined;
    if (isBoost(value)) return value;
    this.refuse(field, `must be an integer from ${BOOST.min} to ${BOOST.max}`);
    return undefined;
  }

  private time(field: string, value: unknown): string | undefined {
    const isNumber = typeof value === 'number' && Number.isFinite(value);
    const written = isNumber ? value : this.text(field, value, 'a text or a number');
    if (written === undefined) return undefined;
    const moment = readMoment(written);
    if (typeof moment === 'object') return moment.at;
    this.warn(field, moment === 'IN_FUTURE' ? 'TIME_IN_FUTURE' : 'TIME_NOT_UNDERSTOOD');
    return undefined;
  }

  private textOrNumber(field: string, value: unknown): string | undefined {
    if (typeof value !== 'number') return this.text(field, value, 'a text or a number');
    // JSON.parse rounds larger numbers, and two ids would become one.
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
    this.refuse(field, 'must be a text, because the number is too large to be exact');
    return undefined;
  }

  /** null and the empty text mean "not given". */
  private text(field: string, value: unknown, kind = 'a text'): string | undefined {
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    this.refuse(field, `must be ${kind}`);
    return undefined;
  }

  private refuse(field: string, what: string): void {
    this.errors.push({ field, message: `${field} ${what}` });
  }

  private warn(field: string, code: WarningCode): void {
    this.warnings.push(warning(field, code));
  }
}

function fieldsOf(value: unknown, what: string): Record<keyof Message, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ValidationFailed([{ field: what, message: `a ${what} must be an object` }]);
  return value as Record<keyof Message, unknown>;
}

function withoutAbsent(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
