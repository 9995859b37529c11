import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, Matches, ValidateIf } from 'class-validator';
import { NOT_BLANK, TextField, TimeField } from '../http/fields.js';

export class CreateApiKey {
  @TextField({
    description: 'Who will use it. The ledger names the service so; two keys of one service may share it.',
    example: 'orchestrator',
    max: 100,
    pattern: NOT_BLANK,
  })
  @Matches(NOT_BLANK, { message: 'name must not be blank' })
  name: string;

  @TimeField({
    description: 'From then on it is refused; not given or null: never.',
    example: null,
    optional: true,
    nullable: true,
  })
  expiresAt?: string | null;

  @ApiPropertyOptional({
    default: false,
    description:
      'Whether each request must also be signed as Standard Webhooks sign: headers `webhook-id`, `webhook-timestamp`, ' +
      '`webhook-signature`, at most five minutes old, each id once.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  requestSigning?: boolean;
}
