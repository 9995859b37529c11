import type { PipeTransform, Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Problem, ValidationFailed } from './problem.js';
import {
  fieldErrors,
  rejectInherited,
  rejectOthers,
  rejectUnknown,
  validationOptions,
} from './validation.pipe.js';

/** The most items of a batch. */
export const MAX_ITEMS = 1_000;

/** An item of a batch, or why it is refused. */
export type CheckedItem<T> = T | Problem;

/**
 * The list in a body that has nothing else. An invalid list refuses the request, an invalid item only itself.
 * @param field the name of the list, for example `messages`
 */
export function listIn(value: unknown, field: string): unknown[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ValidationFailed([{ field: 'body', message: 'the body must be an object' }]);
  rejectInherited(value);
  rejectOthers(value, new Set([field]));
  const list = (value as Record<string, unknown>)[field];
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_ITEMS) {
    const message = `${field} must be a list of 1 to ${MAX_ITEMS.toLocaleString('en')} ${field}`;
    throw new ValidationFailed([{ field, message }]);
  }
  return list;
}

/** The items of the list in a body, each checked like a body of its own. */
export function batchOf<T extends object>(
  field: string,
  item: Type<T>,
): PipeTransform<unknown, CheckedItem<T>[]> {
  return { transform: (value) => listIn(value, field).map((member) => checked(member, item)) };
}

function checked<T extends object>(member: unknown, type: Type<T>): CheckedItem<T> {
  try {
    if (typeof member !== 'object' || member === null || Array.isArray(member))
      throw new ValidationFailed([{ field: 'body', message: 'the item must be an object' }]);
    rejectInherited(member);
    rejectUnknown(member, type);
    const instance = plainToInstance(type, member);
    const errors = validateSync(instance, validationOptions).flatMap((error) => fieldErrors(error, ''));
    if (errors.length > 0) throw new ValidationFailed(errors);
    return instance;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
