import { IdField, momentOf, TimeField } from '../http/fields.js';
import { ValidationFailed } from '../http/problem.js';

/** The counted period: from `from` to just before `to`. */
export class WindowQuery {
  @TimeField({
    description:
      'Counts from this time on; without it, from the beginning. Write the `+` of a time zone as `%2B`.',
    optional: true,
  })
  from?: string;

  @TimeField({
    description: 'Counts up to just before this time; without it, up to now.',
    optional: true,
  })
  to?: string;
}

export class DistributionQuery extends WindowQuery {
  @IdField({ description: 'Only this inbox.', optional: true })
  inboxId?: string;
}

/** A checked window in the form of the responses; null means no bound. */
export interface Window {
  from: string | null;
  to: string | null;
}

/** @throws VALIDATION_FAILED unless the window has a beginning before its end */
export function windowOf({ from, to }: WindowQuery): Window {
  const window = { from: utc('from', from), to: utc('to', to) };
  if (window.from !== null && window.to !== null && window.to <= window.from) {
    throw new ValidationFailed([{ field: 'to', message: 'to must be later than from' }]);
  }
  return window;
}

/** The bounds as statement parameters. */
export function boundsOf({ from, to }: Window): [from: string, to: string] {
  return [from ?? '-infinity', to ?? 'infinity'];
}

/** With milliseconds, so that comparing the texts compares the times. */
function utc(field: string, time: string | undefined): string | null {
  return time === undefined ? null : momentOf(field, time).toISOString();
}
