import { ValidationFailed } from '../http/problem.js';
import type { Warning } from '../customers/warning.js';
import { plainMessage } from './plain-message.js';
import { readMessage, type NormalisedMessage, type ReadMessage } from './read-message.js';

const NO_WARNINGS: readonly Warning[] = [];

/** @throws VALIDATION_FAILED with every invalid field */
export function parseMessage(value: unknown): ReadMessage {
  const message = plainMessage(value);
  const read =
    message === undefined ? readMessage(value) : { message, warnings: NO_WARNINGS, needsHome: false };
  checkTogether(read.message);
  return read;
}

/** Checks conditions on several fields. */
function checkTogether(message: NormalisedMessage): void {
  if (message.inboxId !== undefined && message.inboxPhoneNumber !== undefined) {
    const text = 'set either inboxId or inboxPhoneNumber, not both';
    throw new ValidationFailed([{ field: 'inboxId', message: text }]);
  }
}

/** With strict=true, a warning is an error. @throws VALIDATION_FAILED with every warning */
export function refuseWarnings(warnings: readonly Warning[]): void {
  if (warnings.length > 0) throw warningsRefused(warnings);
}

export function warningsRefused(warnings: readonly Warning[]): ValidationFailed {
  return new ValidationFailed(
    warnings.map(({ field, code, detail }) => ({
      field,
      message: `${field}: ${code}. ${detail} Without strict=true it is a warning.`,
    })),
  );
}
