import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Matches } from 'class-validator';
import { property, type FieldOptions } from '../http/fields.js';
import { phoneNumber } from './phone-number.js';

const NUMBER = /^(?:\+[1-9][0-9]{1,14}(?:;ext=[0-9]{1,20})?|[0-9]{3,8})$/;

/** A number that a person of the tenant sets, such as that of an inbox. It can be a short code. */
export function PhoneField(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    // The document has no pattern because spaces, brackets and dashes are allowed.
    property(options, { type: String, format: 'phone' }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (phoneNumber(value) ?? 'no phone number') : value,
    ),
    IsString(),
    Matches(NUMBER, {
      message:
        '$property must be a phone number with its country code, for example +4915112345678, or a short code',
    }),
  );
}

/**
 * A number to search for, in every form in which a customer's number is understood. A text that is no number finds
 * nothing.
 */
export function PhoneQuery(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    property(options, { type: String }),
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? soughtNumber(value) : value)),
    IsString(),
  );
}

/** No number, and no text that is kept in place of one. */
const NOBODY = '';

function soughtNumber(text: string): string {
  // In a query, a plus that is not encoded arrives as a blank.
  const withPlus = /^ [0-9]/.test(text) ? phoneNumber(`+${text.slice(1)}`) : null;
  return withPlus ?? phoneNumber(text) ?? NOBODY;
}
