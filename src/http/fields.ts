import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  isEmail,
  IsInt,
  IsISO8601,
  IsOptional,
  IsUUID,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { ValidationFailed } from './problem.js';
import { STORABLE } from './storable.js';

/** Field kinds that several requests share, each with its checks and its line in the document. */

interface FieldOptions {
  description: string;
  example?: unknown;
  /** What kind of text it is; checked by the service, told by the document. */
  format?: string;
  /** What stands for the field when it is not given. */
  default?: unknown;
  optional?: boolean;
  /** null is a value of its own, for example "no limit" */
  nullable?: boolean;
}

function property(options: FieldOptions, more: ApiPropertyOptions): PropertyDecorator {
  const { optional = false, nullable = false, ...shown } = options;
  const documented = { ...more, ...shown, ...(nullable ? { nullable: true } : {}) } as ApiPropertyOptions;
  return applyDecorators(
    optional ? ApiPropertyOptional(documented) : ApiProperty(documented),
    // `null` where it means nothing must not slip through as "not given".
    ...(nullable && optional
      ? [IsOptional()]
      : nullable
        ? [ValidateIf((_, value) => value !== null)]
        : optional
          ? [ValidateIf((_, value) => value !== undefined)]
          : []),
  );
}

export function TextField(
  options: FieldOptions & { max?: number; min?: number; pattern?: RegExp },
): PropertyDecorator {
  const { max = 255, min = 1, pattern, ...shown } = options;
  return applyDecorators(
    property(shown, {
      type: String,
      minLength: min,
      maxLength: max,
      // For the document; the field says in words of its own what is wrong.
      ...(pattern === undefined ? {} : { pattern: pattern.source }),
    }),
    IsString(),
    // Characters as the document counts them. `Length` leaves out what only varies the look of the one before.
    Matches(new RegExp(`^.{${min},${max}}$`, 'su'), {
      message: `$property must be longer than or equal to ${min} and shorter than or equal to ${max} characters`,
    }),
    Matches(STORABLE, { message: '$property holds a NUL character or half a character' }),
  );
}

export function IdField(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    property(options, { type: String, format: 'uuid' }),
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value)),
    IsUUID(),
  );
}

export function IntegerField(options: FieldOptions & { min: number; max: number }): PropertyDecorator {
  const { min, max, ...shown } = options;
  return applyDecorators(
    property(shown, { type: 'integer', minimum: min, maximum: max }),
    IsInt(),
    Min(min),
    Max(max),
  );
}

/** A number in the query string: text to begin with. */
export function QueryInteger(options: FieldOptions & { min: number; max: number }): PropertyDecorator {
  return applyDecorators(
    // Not by `Number`, which takes `0x10`, ` 5` and nothing at all for numbers.
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
    ),
    IntegerField({ ...options, optional: true }),
  );
}

export function EmailField(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    // Letters of all scripts may stand in it.
    property(options, { type: String, format: 'idn-email', maxLength: 254 }),
    ValidateBy({
      name: 'isEmail',
      validator: {
        validate: (value) => typeof value === 'string' && isAddress(value),
        defaultMessage: () => '$property must be an email',
      },
    }),
    Length(3, 254),
  );
}

/** A moment with its zone. @param digits of its fraction of a second at most */
export function TimeField(options: FieldOptions, digits = 3): PropertyDecorator {
  return applyDecorators(
    property(options, { type: String, format: 'date-time' }),
    Matches(
      // As RFC 3339 has it, and so the format date-time: with seconds, and no leap ones.
      new RegExp(
        `^\\d{4}-\\d\\d-\\d\\dT([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,${digits}})?(Z|[+-]\\d\\d:\\d\\d)$`,
      ),
      {
        message: '$property must be a time with its zone, for example 2026-01-31T09:30:00Z',
      },
    ),
    IsISO8601({ strict: true, strictSeparator: true }),
  );
}

/**
 * The moment that a checked TimeField means, to the millisecond.
 * @throws VALIDATION_FAILED where it is none: a zone can lead out of the years of four digits
 */
export function momentOf(field: string, time: string): Date {
  const moment = new Date(time);
  const year = moment.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) {
    throw new ValidationFailed([{ field, message: `${field} must be a time of this calendar` }]);
  }
  return moment;
}

/** Checked as a real number of its country and kept as E.164. */
export function PhoneField(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    // A format without a pattern: spaces, brackets and dashes are welcome.
    property(options, { type: String, format: 'phone' }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (toE164(value) ?? 'no phone number') : value,
    ),
    IsString(),
    Matches(E164, {
      message: '$property must be a phone number with its country code, for example +4915112345678',
    }),
  );
}

/** validator throws where half a character stands. */
export function isAddress(text: string): boolean {
  return STORABLE.test(text) && isEmail(text);
}

/** For names that people have to tell apart. */
export const NOT_BLANK = /\S/;

const E164 = /^\+[1-9][0-9]{1,14}$/;

/** `+49 151 123 456 78` as `+4915112345678`, or null when it is no possible phone number. */
export function toE164(text: string): string | null {
  const number = parsePhoneNumberFromString(text.trim(), { extract: false });
  return number?.isPossible() === true ? number.number : null;
}
