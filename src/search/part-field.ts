import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import { LONGEST_ID } from '../customers/texts.js';
import { TextField, type FieldOptions } from '../http/fields.js';
import { folded, SHORTEST_PART } from './searchable-text.js';

/** A part of a number, name, address or id to search for. */
export function PartField(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    TextField({ ...options, min: SHORTEST_PART, max: LONGEST_ID }),
    ValidateBy({
      name: 'isPart',
      validator: {
        // Blanks around it do not count, and a letter and its accent are one character.
        validate: (value) => typeof value === 'string' && [...folded(value)].length >= SHORTEST_PART,
        defaultMessage: () => `$property must have at least ${SHORTEST_PART} characters`,
      },
    }),
  );
}
