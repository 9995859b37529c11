import { ApiProperty, ApiPropertyOptional, ApiSchema, PartialType, PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsDefined,
  IsIn,
  IsNumber,
  IsObject,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { EmailField, IdField, IntegerField, NameField, TextField } from '../http/fields.js';
import {
  COUNT_BASES,
  DELAY_BASES,
  NORMALIZATIONS,
  type CountBasis,
  type DelayBasis,
  type Normalization,
} from './tenant.js';

const given = ValidateIf((_, value) => value !== undefined);
/** One year. Far below the limit of PostgreSQL's interval arithmetic. */
const MAX_MINUTES = 525_600;

@ApiSchema({ name: 'UpdateTenantSettings' })
export class TenantSettings {
  @ApiPropertyOptional({
    minimum: 0,
    maximum: 1_000_000,
    example: 0.4,
    description: 'The weight of the message count.',
  })
  @given
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(1_000_000)
  alpha?: number;

  @ApiPropertyOptional({
    minimum: 0,
    maximum: 1_000_000,
    example: 0.6,
    description: 'The weight of the delay.',
  })
  @given
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(1_000_000)
  beta?: number;

  @ApiPropertyOptional({
    enum: NORMALIZATIONS,
    description: 'How message counts and delays are scaled to 0 to 1.',
  })
  @given
  @IsIn(NORMALIZATIONS)
  normalization?: Normalization;

  @IntegerField({
    description: 'The number of messages that counts as 1; more do not count more.',
    min: 1,
    max: 1_000_000,
    example: 100,
    optional: true,
  })
  maxMessageCount?: number;

  @IntegerField({
    description:
      'The delay in minutes that counts as 1; longer ones do not count more. null: no cap, in units of 1440 minutes. ' +
      'Only with null and WAITING_SINCE, nobody can wait for ever.',
    min: 1,
    max: MAX_MINUTES,
    example: 1440,
    optional: true,
    nullable: true,
  })
  maxDelayMinutes?: number | null;

  @IntegerField({
    description: 'With CANDIDATE_WINDOW: how many recently active conversations compete.',
    min: 1,
    max: 10_000,
    example: 100,
    optional: true,
  })
  candidateWindow?: number;

  @ApiPropertyOptional({
    enum: DELAY_BASES,
    description:
      'The message from which the delay is counted: the last one, so that a customer who writes again moves back, or ' +
      'the one with which they began to wait.',
  })
  @given
  @IsIn(DELAY_BASES)
  delayBasis?: DelayBasis;

  @ApiPropertyOptional({
    enum: COUNT_BASES,
    description:
      'The messages that count: those since the customer began to wait, or all of the thread. TOTAL prefers long ' +
      'threads for ever.',
  })
  @given
  @IsIn(COUNT_BASES)
  countBasis?: CountBasis;

  @IntegerField({
    description: 'How long an OFFLINE operator keeps their conversations, in seconds.',
    min: 0,
    max: 2_592_000,
    example: 900,
    optional: true,
  })
  gracePeriodSeconds?: number;

  @IntegerField({
    description:
      'How long a conversation is not given again to the operator who gave it back, in seconds, while anybody else could take it. ' +
      '0: not at all.',
    min: 0,
    max: 86_400,
    example: 900,
    optional: true,
  })
  declineSeconds?: number;

  @IntegerField({
    description:
      'After how many seconds without a sign of life an AVAILABLE or PAUSED operator becomes OFFLINE; null: never.',
    min: 30,
    max: 3_600,
    example: 60,
    optional: true,
    nullable: true,
  })
  presenceTimeoutSeconds?: number | null;

  @ApiPropertyOptional({ description: 'Whether holders can release and transfer conversations.' })
  @given
  @IsBoolean()
  operatorsMayHandOver?: boolean;

  @IntegerField({
    description: 'After how many conversations in a row that they did not accept an operator is PAUSED.',
    min: 1,
    max: 100,
    example: 2,
    optional: true,
  })
  missesBeforePause?: number;

  @IntegerField({
    description: 'How many conversations an operator can park. 0: none.',
    min: 0,
    max: 10_000,
    example: 20,
    optional: true,
  })
  maxParked?: number;

  @IntegerField({
    description:
      'How many waiting conversations are distributed to an operator within a minute, when they have room for them; null: ' +
      'all at once. What arrives is distributed at once, and does not count.',
    min: 1,
    max: 1_000,
    example: 10,
    optional: true,
    nullable: true,
  })
  backlogPerMinute?: number | null;

  @IntegerField({
    description:
      'After how many seconds an inbox counts as unattended in which something waits and nobody is AVAILABLE; null: never.',
    min: 1,
    max: 86_400,
    example: 60,
    optional: true,
    nullable: true,
  })
  unattendedSeconds?: number | null;

  @IntegerField({
    description:
      'After how many days the customer of a resolved conversation is erased, and a lead with the last of their ' +
      'conversations, as by `DELETE /leads/{id}`; null: never. Lowering it erases more, which cannot be undone.',
    min: 1,
    max: 36_500,
    example: 365,
    optional: true,
    nullable: true,
  })
  retentionDays?: number | null;

  @ApiPropertyOptional({
    description: 'Whether operators can allocate and claim from any inbox. Doing so subscribes them.',
  })
  @given
  @IsBoolean()
  autoSubscribe?: boolean;

  @IntegerField({
    description: 'The `maxLoad` of operators created without one; null: no limit.',
    min: 1,
    max: 100_000,
    example: 5,
    optional: true,
    nullable: true,
  })
  defaultMaxLoad?: number | null;

  @IdField({
    description: 'The inbox of messages that name none; null: the only inbox, if there is just one.',
    // A tenant that is created has no inbox yet.
    example: null,
    optional: true,
    nullable: true,
  })
  defaultInboxId?: string | null;
}

export class CreateAdmin {
  @NameField({ description: 'The name of the ADMIN.', example: 'Ada Admin' })
  name: string;
  @EmailField({
    description: 'The e-mail address of the ADMIN.',
    example: 'ada@acme.example',
    optional: true,
    nullable: true,
  })
  email?: string | null;
  @TextField({
    description: 'What the identity provider calls the ADMIN in its tokens.',
    example: 'auth0|65f0c0ffee5eed',
    optional: true,
    nullable: true,
  })
  externalId?: string | null;
}

export class CreateTenant {
  @NameField({ description: 'The name of the customer company.', example: 'Acme' })
  name: string;

  @TextField({
    description: 'The id of the tenant at the identity provider, unique among all tenants.',
    example: 'org_7f3a',
    optional: true,
    nullable: true,
  })
  externalId?: string | null;

  @ApiProperty({ type: CreateAdmin })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => CreateAdmin)
  admin: CreateAdmin;

  @ApiPropertyOptional({ type: TenantSettings })
  @given
  @IsObject()
  @ValidateNested()
  @Type(() => TenantSettings)
  settings?: TenantSettings;
}

export class UpdateTenant extends PartialType(PickType(CreateTenant, ['name', 'externalId']), {
  skipNullProperties: false,
}) {
  @ApiPropertyOptional({
    description:
      '`true`: every caller of the tenant is refused with TENANT_SUSPENDED, its streams end, and its background work ' +
      'rests. `false`: it goes on.',
  })
  @given
  @IsBoolean()
  isSuspended?: boolean;
}
