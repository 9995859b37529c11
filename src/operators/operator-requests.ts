import { ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsBoolean, IsIn, ValidateIf } from 'class-validator';
import { ROLES, type Role } from '../access/principal.js';
import { EmailField, IntegerField, NameField, TextField } from '../http/fields.js';

export class CreateOperator {
  @NameField({ description: 'The name of the operator.', example: 'Otto Operator' })
  name: string;

  @EmailField({
    description: 'Unique in the tenant.',
    example: 'otto@demo.example',
    optional: true,
    nullable: true,
  })
  email?: string | null;

  @TextField({
    description: 'What the identity provider calls the operator in its tokens. Unique in the tenant.',
    example: 'auth0|65f0c0ffee5eed',
    optional: true,
    nullable: true,
  })
  externalId?: string | null;

  @ApiPropertyOptional({
    enum: ROLES,
    default: 'OPERATOR',
    example: 'OPERATOR',
    description: 'The rights of the operator.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(ROLES)
  role?: Role;

  @IntegerField({
    description:
      'How many conversations the operator can hold at once; null: no limit. A new operator without it gets the ' +
      '`defaultMaxLoad` of the tenant.',
    example: 3,
    min: 1,
    max: 100_000,
    optional: true,
    nullable: true,
  })
  maxLoad?: number | null;

  @ApiPropertyOptional({
    default: true,
    description: '`false`: the operator is deactivated. They have no rights and get no conversations.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  isActive?: boolean;
}

export class UpdateOperator extends PartialType(CreateOperator, { skipNullProperties: false }) {
  @ApiPropertyOptional({
    description:
      'With `isActive: false`. `true`: revokes the API keys that the operator created, and deletes their webhooks.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  revokeKeys?: boolean;
}
