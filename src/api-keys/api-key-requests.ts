import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsBoolean, IsIn, ValidateIf } from 'class-validator';
import { DEFAULT_KEY_SCOPES, KEY_SCOPES, type KeyScope } from '../access/key-scopes.js';
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

  @ApiPropertyOptional({
    type: String,
    isArray: true,
    enum: KEY_SCOPES,
    minItems: 1,
    uniqueItems: true,
    default: DEFAULT_KEY_SCOPES,
    example: ['read', 'ingest'],
    description:
      'What the service may do with the key. Each operation says which scope it needs. `route`: deallocate, reassign, move ' +
      'and boost; `admin:leads`: change and merge leads.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(KEY_SCOPES, { each: true })
  scopes?: KeyScope[];

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
