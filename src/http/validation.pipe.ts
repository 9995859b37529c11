import {
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
  type Type,
  type ValidationPipeOptions,
} from '@nestjs/common';
import { getMetadataStorage, isUUID, type ValidationError } from 'class-validator';
import { ValidationFailed, type FieldError } from './problem.js';

/** Turns bodies and queries into instances of their classes, rejects unknown fields and converts nothing implicitly. */
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
    // A missing body is fine here, but null is a value without fields.
    if (metadata.type === 'body' && value === null)
      throw new ValidationFailed([{ field: 'body', message: 'the body must be an object' }]);
    if (metadata.type === 'body' || metadata.type === 'query') {
      rejectInherited(value);
      if (metadata.metatype !== undefined) rejectUnknown(value, metadata.metatype);
    }
    return super.transform(value, metadata);
  }
}

export const validation = new Validation(validationOptions);

/** `__proto__`, `constructor`, `toString` and so on. `prototype` is added because it serves attacks only. */
const INHERITED = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/**
 * Rejects fields with the name of a property that every object has. Nest and class-transformer drop them silently, so
 * the check for unknown fields does not see them. Items of a list are checked one by one.
 */
export function rejectInherited(value: unknown, parent = ''): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const field = `${parent}${name}`;
    if (INHERITED.has(name)) throw new ValidationFailed([unknownField(field)]);
    rejectInherited(member, `${field}.`);
  }
}

/**
 * Rejects fields that the class does not have, before class-transformer copies them: that takes time by the square of
 * their number.
 * @param parent the path of the value, with a dot at its end
 */
export function rejectUnknown(value: unknown, type: Type, parent = ''): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const known = fieldsOf(type);
  if (known !== null) rejectOthers(value, known, parent);
}

/** The same with the names of the known fields. */
export function rejectOthers(value: object, known: ReadonlySet<string>, parent = ''): void {
  const errors = Object.keys(value)
    .filter((name) => !known.has(name) && !INHERITED.has(name))
    .map((name) => unknownField(`${parent}${name}`));
  if (errors.length > 0) throw new ValidationFailed(errors);
}

/** Names that clients invent can have a megabyte. */
const MAX_SHOWN = 128;

function unknownField(path: string): FieldError {
  const field = path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path;
  return { field, message: `${field} is not a field of this request` };
}

const FIELDS = new Map<Type, ReadonlySet<string> | null>();

/** The fields with a check; null for a class without any, such as String. */
function fieldsOf(type: Type): ReadonlySet<string> | null {
  const known = FIELDS.get(type);
  if (known !== undefined) return known;
  const checks = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const fields = checks.length === 0 ? null : new Set(checks.map(({ propertyName }) => propertyName));
  FIELDS.set(type, fields);
  return fields;
}

/** Every invalid field with its path, for example `lead.phone`. */
export function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const field = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? unknownField(field)
      : { field, message: `${parent === '' ? '' : `${parent}.`}${message}` },
  );
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, field))];
}

/** A path parameter that must be a UUID. The problem names the parameter, for example `labelId`. */
export const idParam: PipeTransform<string, string> = {
  transform(value: string, { data: field = 'id' }: ArgumentMetadata): string {
    if (!isUUID(value)) {
      const message = `${JSON.stringify(value.slice(0, 64))} is not a UUID`;
      throw new ValidationFailed([{ field, message }]);
    }
    return value.toLowerCase();
  },
};
