import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { ValidationFailed } from '../http/problem.js';
import { ONE_LINE, STORABLE } from '../http/storable.js';

const MAX_LENGTH = 255;

/** The `externalId` of an operator as a path parameter. */
export const externalIdParam: PipeTransform<string, string> = {
  transform(value: string, { data: field = 'id' }: ArgumentMetadata): string {
    const { length } = [...value];
    if (length >= 1 && length <= MAX_LENGTH && STORABLE.test(value) && ONE_LINE.test(value)) return value;
    const message = `${field} must be a text of one line with 1 to ${MAX_LENGTH} characters`;
    throw new ValidationFailed([{ field, message }]);
  },
};

/** The same in the document, where other path parameters are UUIDs. */
export const ExternalIdParam = (): MethodDecorator =>
  ApiParam({
    name: 'id',
    description: 'The `externalId` of the operator, percent-encoded.',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_LENGTH,
      pattern: ONE_LINE.source,
      example: 'auth0|65f0c0ffee5eed',
    },
  });
