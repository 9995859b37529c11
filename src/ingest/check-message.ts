import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { ValidationFailed } from '../http/problem.js';
import { fieldErrors, rejectInherited, rejectUnknown, validationOptions } from '../http/validation.pipe.js';
import { Message } from './message.js';
import { plainMessage } from './plain-message.js';

/** A time outside of this range means that a clock is wrong. */
const EARLIEST = Date.parse('2000-01-01T00:00:00Z');
const LATEST = Date.parse('2100-01-01T00:00:00Z');

/** Parses a message of a batch with the same checks as a single one. */
export function parseMessage(value: unknown): Message {
  return plainMessage(value) ?? validMessage(value);
}

/** @throws VALIDATION_FAILED with every invalid field */
export function validMessage(value: unknown): Message {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ValidationFailed([{ field: 'message', message: 'a message must be an object' }]);
  }
  rejectInherited(value);
  rejectUnknown(value, Message);
  const message = plainToInstance(Message, value);
  const errors = validateSync(message, validationOptions).flatMap((error) => fieldErrors(error, ''));
  if (errors.length > 0) throw new ValidationFailed(errors);
  return message;
}

/** Checks conditions on several fields. */
export function checkTogether(message: Message): void {
  if (message.inboxId !== undefined && message.inboxPhoneNumber !== undefined) {
    const text = 'set either inboxId or inboxPhoneNumber, not both';
    throw new ValidationFailed([{ field: 'inboxId', message: text }]);
  }
  const occurredAt = message.occurredAt === undefined ? EARLIEST : Date.parse(message.occurredAt);
  if (!(occurredAt >= EARLIEST && occurredAt < LATEST)) {
    throw new ValidationFailed([
      { field: 'occurredAt', message: 'occurredAt must be a time of the 21st century' },
    ]);
  }
}
