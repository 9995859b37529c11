import { ApiPropertyOptional } from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import { IsISO8601, Matches, ValidateIf } from 'class-validator';
import { IdField } from '../http/fields.js';
import { ValidationFailed } from '../http/problem.js';

function TimeField(description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, format: 'date-time', description }),
    ValidateIf((_, value) => value !== undefined),
    Matches(/^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/, {
      message: '$property must be a time with its zone, for example 2026-01-31T09:30:00Z',
    }),
    IsISO8601({ strict: true, strictSeparator: true }),
  );
}

/** The time that is counted: from `from` to just before `to`. */
export class WindowQuery {
  @TimeField(
    'Counts what happened at this time and later; all of it, if not given. Write `+` of a zone as `%2B`.',
  )
  from?: string;

  @TimeField('Counts what happened before this time; up to now, if not given.')
  to?: string;
}

export class DistributionQuery extends WindowQuery {
  @IdField({ description: 'Of this inbox only.', optional: true })
  inboxId?: string;
}

/** A checked window, as answers tell it; null: no bound. */
export interface Window {
  from: string | null;
  to: string | null;
}

/** @throws VALIDATION_FAILED unless the window has a beginning before its end */
export function windowOf({ from, to }: WindowQuery): Window {
  const window = { from: normal('from', from), to: normal('to', to) };
  if (window.from !== null && window.to !== null && window.to <= window.from) {
    throw new ValidationFailed([{ field: 'to', message: 'to must be later than from' }]);
  }
  return window;
}

/** The bounds for a statement. */
export function boundsOf({ from, to }: Window): [from: string, to: string] {
  return [from ?? '-infinity', to ?? 'infinity'];
}

/** In UTC with milliseconds, so that text compares as time does. */
function normal(field: string, time: string | undefined): string | null {
  if (time === undefined) return null;
  const milliseconds = Date.parse(time);
  const year = new Date(milliseconds).getUTCFullYear();
  // A zone can lead out of the years of four digits.
  if (!(year >= 1 && year <= 9999)) {
    throw new ValidationFailed([{ field, message: `${field} must be a time of this calendar` }]);
  }
  return new Date(milliseconds).toISOString();
}
