import { ApiProperty } from '@nestjs/swagger';

/** What was done to the data of a customer. The text never holds the data. */
export const WARNINGS = {
  PHONE_NUMBER_NOT_UNDERSTOOD: 'The text is no phone number.',
  NAME_CLEANED:
    'Control or direction characters were taken out of the name; if nothing is left, it has none.',
  TEXT_CUT: 'The text was too long, or had characters that cannot be stored.',
  TIME_NOT_UNDERSTOOD: 'The time cannot be read, or is before the year 2000. The message counts as sent now.',
  TIME_IN_FUTURE: 'The time is more than five minutes ahead. The message counts as sent now.',
  EMAIL_NOT_VALID: 'The text is no e-mail address. It is kept as it is.',
  FIELD_LEFT_OUT: 'The field is left out, because its text cannot be stored or says nothing.',
} as const;
export type WarningCode = keyof typeof WARNINGS;

export class Warning {
  @ApiProperty({ example: 'customerPhoneNumber', description: 'The field, such as `lead.phone`.' })
  field: string;
  @ApiProperty({ enum: Object.keys(WARNINGS), example: 'PHONE_NUMBER_NOT_UNDERSTOOD' })
  code: WarningCode;
  @ApiProperty({ example: WARNINGS.PHONE_NUMBER_NOT_UNDERSTOOD, description: 'Never holds the value.' })
  detail: string;
}

export function warning(field: string, code: WarningCode): Warning {
  return { field, code, detail: WARNINGS[code] };
}
