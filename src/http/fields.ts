import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  isEmail,
  IsBoolean,
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
import { ValidationFailed } from './problem.js';
import { ONE_LINE, ONE_LINE_NOT_BLANK, STORABLE } from './storable.js';

/** Field kinds that several requests share. Each has its checks and its entry in the API document. */

export interface FieldOptions {
  description: string;
  example?: unknown;
  /** The format in the API document. The service checks it too. */
  format?: string;
  /** The value of the field when the request does not set it. */
  default?: unknown;
  optional?: boolean;
  /** Whether null is a value of its own, for example "no limit". */
  nullable?: boolean;
}

/** The entry of a field in the API document, and whether it can be absent or null. */
export function property(options: FieldOptions, more: ApiPropertyOptions): PropertyDecorator {
  const { optional = false, nullable = false, ...shown } = options;
  const documented = { ...more, ...shown, ...(nullable ? { nullable: true } : {}) } as ApiPropertyOptions;
  return applyDecorators(
    optional ? ApiPropertyOptional(documented) : ApiProperty(documented),
    // A field that does not allow `null` must reject it, not treat it as absent.
    ...(nullable && optional
      ? [IsOptional()]
      : nullable
        ? [ValidateIf((_, value) => value !== null)]
        : optional
          ? [ValidateIf((_, value) => value !== undefined)]
          : []),
  );
}

interface TextOptions extends FieldOptions {
  max?: number;
  min?: number;
  /** For the API document only; the field has an error message of its own. */
  pattern?: RegExp;
  /** Whether it may have control characters and several lines. */
  multiline?: boolean;
}

/** A text, of one line unless said otherwise. */
export function TextField(options: TextOptions): PropertyDecorator {
  const { max = 255, min = 1, multiline = false, pattern, ...shown } = options;
  // A format says more than the pattern of one line.
  const documented = pattern ?? (multiline || shown.format !== undefined ? undefined : ONE_LINE);
  return applyDecorators(
    property(shown, {
      type: String,
      minLength: min,
      maxLength: max,
      ...(documented === undefined ? {} : { pattern: documented.source }),
    }),
    IsString(),
    // Counts characters in the way of JSON Schema. `Length` does not count variation selectors.
    Matches(new RegExp(`^.{${min},${max}}$`, 'su'), {
      message: `$property must be longer than or equal to ${min} and shorter than or equal to ${max} characters`,
    }),
    Matches(STORABLE, { message: '$property must not contain a NUL character or an unpaired surrogate' }),
    ...(multiline
      ? []
      : [Matches(ONE_LINE, { message: '$property must be of one line, without control characters' })]),
  );
}

/**
 * A name that people choose and tell apart. The service stores it as written, in the normal form NFC and without blanks
 * at its ends.
 */
export function NameField({ max = 255, ...options }: FieldOptions & { max?: number }): PropertyDecorator {
  return applyDecorators(
    // A text that is too long stays as it is and is refused: the document limits the text as written.
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && [...value].length <= max
        ? value.replace(/^\p{Zs}+|\p{Zs}+$/gu, '').normalize('NFC')
        : value,
    ),
    TextField({ ...options, max, pattern: ONE_LINE_NOT_BLANK }),
    Matches(ONE_LINE_NOT_BLANK, { message: '$property must not be blank' }),
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

/** A number in the query string, which arrives as text. */
export function QueryInteger(options: FieldOptions & { min: number; max: number }): PropertyDecorator {
  return applyDecorators(
    // `Number` would also accept `0x10`, ` 5` and the empty text.
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
    ),
    IntegerField({ ...options, optional: true }),
  );
}

/** Yes or no in the query string, which arrives as text. */
export function QueryBoolean(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    property({ ...options, optional: true }, { type: Boolean }),
    Transform(({ value }: { value: unknown }) =>
      value === 'true' ? true : value === 'false' ? false : value,
    ),
    IsBoolean(),
  );
}

export function EmailField(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    // The local part can have letters of all scripts.
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

/**
 * A moment with its zone.
 * @param digits the most digits after the decimal point of the seconds
 */
export function TimeField(options: FieldOptions, digits = 3): PropertyDecorator {
  return applyDecorators(
    property(options, { type: String, format: 'date-time' }),
    Matches(
      // RFC 3339, as the format date-time requires: seconds are mandatory, leap seconds are not allowed.
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
 * The moment of a checked TimeField, in milliseconds.
 * @throws VALIDATION_FAILED when the time zone moves it out of the years with four digits
 */
export function momentOf(field: string, time: string): Date {
  const moment = new Date(time);
  const year = moment.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) {
    throw new ValidationFailed([
      { field, message: `${field} must be a time in the years 0001 to 9999 of UTC` },
    ]);
  }
  return moment;
}

/**
 * The validator allows anything inside quotes, also a line break that begins another header. It throws on an unpaired
 * surrogate.
 */
export function isAddress(text: string): boolean {
  return STORABLE.test(text) && ONE_LINE.test(text) && isEmail(text);
}
