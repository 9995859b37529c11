import {
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
  type ValidationPipeOptions,
} from '@nestjs/common';
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

class Validation extends ValidationPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // Unlike no body at all, null is a value, and not one with fields.
    if (metadata.type === 'body' && value === null)
      throw new ValidationFailed([{ field: 'body', message: 'the body must be an object' }]);
    if (metadata.type === 'body' || metadata.type === 'query') refuseInherited(value);
    return super.transform(value, metadata);
  }
}

export const validation = new Validation(validationOptions);

/** `__proto__`, `constructor`, `toString` and so on; and `prototype`, for what it may be meant to do. */
const INHERITED = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/**
 * Refuses fields that are named like something every object has: Nest and class-transformer leave them out silently, so
 * that nobody after them could call them unknown. Items of a list are checked one by one elsewhere; in a batch of
 * messages such a field stays without effect.
 */
export function refuseInherited(value: unknown, parent = ''): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const field = `${parent}${name}`;
    if (INHERITED.has(name))
      throw new ValidationFailed([{ field, message: `${field} is not a field of this request` }]);
    refuseInherited(member, `${field}.`);
  }
}

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

/** A path parameter that must be an id. A problem names the parameter, for example `labelId`. */
export const idParam: PipeTransform<string, string> = {
  transform(value: string, { data: field = 'id' }: ArgumentMetadata): string {
    if (!isUUID(value)) {
      const message = `${JSON.stringify(value.slice(0, 64))} is not a UUID`;
      throw new ValidationFailed([{ field, message }]);
    }
    return value.toLowerCase();
  },
};
