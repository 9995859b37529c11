import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Matches } from 'class-validator';
import { property, type FieldOptions } from '../http/fields.js';
import { STORABLE } from '../http/storable.js';
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

/** A number to search for, in every form in which a customer's number is understood, or any other text. */
export function PhoneQuery(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    property(options, { type: String }),
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? withPlus(value) : value)),
    IsString(),
    Matches(STORABLE, { message: '$property must not contain a NUL character or an unpaired surrogate' }),
  );
}

/** In a query, a plus that is not encoded arrives as a blank. */
function withPlus(text: string): string {
  const number = /^ [0-9]/.test(text) ? phoneNumber(`+${text.slice(1)}`) : null;
  return number ?? text;
}
