import { SetMetadata, type Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';

const FIELDS = Symbol('fields that are shown once');

/** The mark in the document. */
export const SHOWN_ONCE = 'x-shown-once';

const ONCE =
  'Shown only once: null in the response to a repetition with the same `Idempotency-Key`, because it is not stored.';

/** A secret in a response. The stored response to the request has null there. */
export function ShownOnce(options: { description: string; example: string | null }): PropertyDecorator {
  const property = ApiProperty({
    type: String,
    nullable: true,
    example: options.example,
    description: `${options.description} ${ONCE}`,
    // Swagger writes what it does not know as it is.
    ...{ [SHOWN_ONCE]: true },
  });
  return (target, name) => {
    property(target, name);
    Reflect.defineMetadata(FIELDS, [...fieldsOf(target), String(name)], target);
  };
}

/** Tells which fields of the response of a route are shown once. */
export function HasShownOnce(response: Type | undefined): MethodDecorator {
  return SetMetadata(FIELDS, response === undefined ? [] : fieldsOf(response.prototype as object));
}

/** The fields that the response of a handler shows once. */
export function shownOnceBy(handler: object): readonly string[] {
  return fieldsOf(handler);
}

function fieldsOf(target: object): readonly string[] {
  return (Reflect.getMetadata(FIELDS, target) as readonly string[] | undefined) ?? [];
}
