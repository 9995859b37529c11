import type { PipeTransform, Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { ValidationFailed } from './problem.js';
import { fieldErrors, rejectInherited, rejectUnknown, validationOptions } from './validation.pipe.js';

/**
 * A body that is a list: every item is checked like a body of its own; errors name its place, as in `1.weight`.
 * @param most how many items it may have; with more none is looked at
 */
export function listOf<T extends object>(item: Type<T>, most: number): PipeTransform<unknown, T[]> {
  return {
    transform(value: unknown): T[] {
      if (!Array.isArray(value)) throw wrong('body', 'the body must be a list');
      if (value.length > most) throw wrong('body', `the list must have at most ${most} items`);
      const items = value.map((member: unknown, index) => {
        if (typeof member !== 'object' || member === null || Array.isArray(member)) {
          throw wrong(String(index), `${index} must be an object`);
        }
        rejectInherited(member, `${index}.`);
        rejectUnknown(member, item, `${index}.`);
        return plainToInstance(item, member);
      });
      const errors = items.flatMap((instance, index) =>
        validateSync(instance, validationOptions).flatMap((error) => fieldErrors(error, String(index))),
      );
      if (errors.length > 0) throw new ValidationFailed(errors);
      return items;
    },
  };
}

function wrong(field: string, message: string): ValidationFailed {
  return new ValidationFailed([{ field, message }]);
}
