import { ValidationPipe, type PipeTransform, type ValidationPipeOptions } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { isUUID } from 'class-validator';
import { ValidationFailed, type FieldError } from './problem.js';

/** Bodies and queries become instances of their classes; unknown fields are refused, nothing is converted by guess. */
export const validationOptions: ValidationPipeOptions = {
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
  exceptionFactory: (errors) => new ValidationFailed(errors.flatMap((error) => fieldErrors(error, ''))),
};

export const validation = new ValidationPipe(validationOptions);

/** Every wrong field with its path, for example `lead.phone`. */
export function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const field = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    field,
    message:
      rule === 'whitelistValidation'
        ? `${field} is not a field of this request`
        : `${parent === '' ? '' : `${parent}.`}${message}`,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, field))];
}

/** A path parameter that must be an id. */
export const idParam: PipeTransform<string, string> = {
  transform(value: string): string {
    if (!isUUID(value))
      throw new ValidationFailed([
        { field: 'id', message: `${JSON.stringify(value.slice(0, 64))} is not a UUID` },
      ]);
    return value.toLowerCase();
  },
};
