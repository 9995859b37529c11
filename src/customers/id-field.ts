import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { TextField, type FieldOptions } from '../http/fields.js';
import { ONE_LINE } from '../http/storable.js';
import { cleanId, LONGEST_ID } from './texts.js';

/** An id of another system to search for. It is normalised like the ids of messages, so that it finds them. */
export function ForeignIdQuery(options: FieldOptions): PropertyDecorator {
  return applyDecorators(
    // A text that is too long stays as it is and is refused.
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && ONE_LINE.test(value) && [...value].length <= LONGEST_ID
        ? (cleanId(value).text ?? value)
        : value,
    ),
    TextField({ ...options, max: LONGEST_ID }),
  );
}
