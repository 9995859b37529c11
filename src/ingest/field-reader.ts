import { isUUID } from 'class-validator';
import { readMoment } from '../customers/moment.js';
import { phoneNumber } from '../customers/phone-number.js';
import { cleanId, cleanLine, LONGEST_ID, type CleanText } from '../customers/texts.js';
import { warning, type Warning, type WarningCode } from '../customers/warning.js';
import { ValidationFailed, type FieldError } from '../http/problem.js';

/**
 * Reads the fields of what the orchestrator reports. What customers and channels wrote is normalised, with warnings;
 * what the programmer of the orchestrator must mend is refused.
 */
export abstract class FieldReader {
  protected readonly warnings: Warning[] = [];
  private readonly errors: FieldError[] = [];

  /** @throws VALIDATION_FAILED with every invalid field */
  protected complete<T extends object>(fields: Partial<Record<keyof T, unknown>>): T {
    if (this.errors.length > 0) throw new ValidationFailed(this.errors);
    return withoutAbsent(fields) as T;
  }

  protected inboxId(value: unknown): string | undefined {
    const id = this.text('inboxId', value);
    if (id !== undefined && !isUUID(id)) this.refuse('inboxId', 'must be a UUID');
    return id?.toLowerCase();
  }

  protected inboxNumber(value: unknown): string | undefined {
    const text = this.text('inboxPhoneNumber', value);
    if (text === undefined) return undefined;
    const number = phoneNumber(text);
    if (number === null)
      this.refuse('inboxPhoneNumber', 'must be a phone number with its country code, or a short code');
    return number ?? undefined;
  }

  protected id(field: string, value: unknown): string | undefined {
    return this.cleaned(field, this.textOrNumber(field, value), (text) => cleanId(text, LONGEST_ID));
  }

  protected line(field: string, value: unknown, code: WarningCode): string | undefined {
    return this.cleaned(field, this.text(field, value), cleanLine, code);
  }

  protected cleaned(
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

  protected time(field: string, value: unknown): string | undefined {
    const isNumber = typeof value === 'number' && Number.isFinite(value);
    const written = isNumber ? value : this.text(field, value, 'a text or a number');
    if (written === undefined) return undefined;
    const moment = readMoment(written);
    if (typeof moment === 'object') return moment.at;
    this.warn(field, moment === 'IN_FUTURE' ? 'TIME_IN_FUTURE' : 'TIME_NOT_UNDERSTOOD');
    return undefined;
  }

  protected textOrNumber(field: string, value: unknown): string | undefined {
    if (typeof value !== 'number') return this.text(field, value, 'a text or a number');
    // JSON.parse rounds larger numbers, and two ids would become one.
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
    this.refuse(field, 'must be a text, because the number is too large to be exact');
    return undefined;
  }

  protected text(field: string, value: unknown, kind = 'a text'): string | undefined {
    if (!this.isGiven(value)) return undefined;
    if (typeof value === 'string') return value;
    this.refuse(field, `must be ${kind}`);
    return undefined;
  }

  protected refuse(field: string, what: string): void {
    this.errors.push({ field, message: `${field} ${what}` });
  }

  protected warn(field: string, code: WarningCode): void {
    this.warnings.push(warning(field, code));
  }

  protected isRefused(field: string): boolean {
    return this.errors.some((error) => error.field === field);
  }

  /** null and the empty text mean "not given". */
  protected isGiven(value: unknown): boolean {
    return value !== undefined && value !== null && value !== '';
  }
}

export function fieldsOf<T extends object>(value: unknown, what: string): Record<keyof T, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ValidationFailed([{ field: what, message: `a ${what} must be an object` }]);
  return value as Record<keyof T, unknown>;
}

export function withoutAbsent(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
