import { ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { PhoneField } from '../customers/phone-fields.js';
import { NameField, TextField } from '../http/fields.js';
import { DISTRIBUTIONS, type Distribution } from './inbox.js';

export class CreateInbox {
  @NameField({
    description: 'Unique in the tenant, without regard to case and blanks.',
    example: 'Returns',
  })
  name: string;

  @PhoneField({
    description:
      'Unique in the tenant. Stored as E.164, with its extension as `;ext=12`; a short code as it is.',
    example: '+4930901829',
    optional: true,
    nullable: true,
  })
  phoneNumber?: string | null;

  @TextField({
    description: 'A note for people.',
    example: 'What customers send back',
    max: 2000,
    multiline: true,
    optional: true,
    nullable: true,
  })
  description?: string | null;

  @ApiPropertyOptional({
    enum: DISTRIBUTIONS,
    default: 'PULL',
    example: 'PULL',
    description:
      '`PULL`: operators allocate and claim. The other strategies distribute on arrival: at random by weight, to the lowest ' +
      'load per weight, or in turn.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(DISTRIBUTIONS)
  distribution?: Distribution;
}

export class UpdateInbox extends PartialType(CreateInbox, { skipNullProperties: false }) {}
