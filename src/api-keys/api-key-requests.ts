import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, ValidateIf } from 'class-validator';
import { NameField, TimeField } from '../http/fields.js';

export class CreateApiKey {
  @NameField({
    description:
      'The name of the service that uses the key, unique among the keys that are not revoked, without regard to case and ' +
      'blanks. The ledger records it.',
    example: 'orchestrator',
    max: 100,
  })
  name: string;

  @TimeField({
    description: 'The time from which the key is refused. Without it, or null: never.',
    example: null,
    optional: true,
    nullable: true,
  })
  expiresAt?: string | null;

  @ApiPropertyOptional({
    default: false,
    description:
      'Whether requests must also be signed, in the way of Standard Webhooks: headers `webhook-id`, `webhook-timestamp` ' +
      'and `webhook-signature`, which covers method, path and body; at most five minutes old, each id used once.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  requestSigning?: boolean;
}
