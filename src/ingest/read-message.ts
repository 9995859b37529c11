import { homeOf, readNumber, type Home } from '../customers/phone-number.js';
import { cleanId, LONGEST_ADDRESS, storableText } from '../customers/texts.js';
import type { Warning, WarningCode } from '../customers/warning.js';
import { isAddress } from '../http/fields.js';
import { rejectInherited, rejectOthers } from '../http/validation.pipe.js';
import { BOOST, isBoost } from '../queue/boost-minutes.js';
import { FieldReader, fieldsOf, withoutAbsent } from './field-reader.js';
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
  const given: Record<keyof Message, unknown> = fieldsOf<Message>(
    value === undefined ? {} : value,
    'message',
  );
  rejectInherited(given);
  rejectOthers(given, MESSAGE_FIELDS);
  return new MessageReader(home).read(given);
}

class MessageReader extends FieldReader {
  private needsHome = false;
  private isHomeKnown: boolean;

  constructor(private home: Home | null) {
    super();
    this.isHomeKnown = home !== null;
  }

  read(given: Record<keyof Message, unknown>): ReadMessage {
    const message: Partial<Record<keyof NormalisedMessage, unknown>> = {
      // The number of the inbox says where the other numbers are at home, so it comes before them.
      externalConversationId: this.id('externalConversationId', given.externalConversationId),
      inboxId: this.inboxId(given.inboxId),
      inboxPhoneNumber: this.homeNumber(given.inboxPhoneNumber),
      ...this.customer(given),
      boostMinutes: this.boost('boostMinutes', given.boostMinutes),
      subject: this.line('subject', given.subject, 'TEXT_CUT'),
      displayName: this.line('displayName', given.displayName, 'NAME_CLEANED'),
      messageId: this.id('messageId', given.messageId),
      occurredAt: this.time('occurredAt', given.occurredAt),
      lead: this.lead(given.lead),
    };
    return {
      message: this.complete<NormalisedMessage>(message),
      warnings: this.warnings,
      needsHome: this.needsHome,
    };
  }

  private homeNumber(value: unknown): string | undefined {
    const number = this.inboxNumber(value);
    if (number !== undefined) this.home = homeOf(number);
    // Without a country too: that of a short code.
    if (this.isGiven(value)) this.isHomeKnown = true;
    return number;
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

  private boost(field: string, value: unknown): number | undefined {
    if (!this.isGiven(value)) return undefined;
    if (isBoost(value)) return value;
    this.refuse(field, `must be an integer from ${BOOST.min} to ${BOOST.max}`);
    return undefined;
  }
}
