import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
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
import { EmailField, IntegerField, TextField } from '../http/fields.js';
import { DELAY_BASES, NORMALIZATIONS } from './tenant.js';

const given = ValidateIf((_, value) => value !== undefined);
/** One year; a number that fits PostgreSQL's interval arithmetic with room to spare. */
const MAX_MINUTES = 525_600;

@ApiSchema({ name: 'UpdateTenantSettings' })
export class TenantSettings {
  @ApiPropertyOptional({
    minimum: 0,
    maximum: 1_000_000,
    example: 0.4,
    description: 'Weight of the message count.',
  })
  @given
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(1_000_000)
  alpha?: number;

  @ApiPropertyOptional({ minimum: 0, maximum: 1_000_000, example: 0.6, description: 'Weight of the delay.' })
  @given
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(1_000_000)
  beta?: number;

  @ApiPropertyOptional({
    enum: NORMALIZATIONS,
    description: 'How counts and delays become numbers from 0 to 1.',
  })
  @given
  @IsIn(NORMALIZATIONS)
  normalization?: string;

  @IntegerField({
    description: 'So many messages count as 1.',
    min: 1,
    max: 1_000_000,
    example: 100,
    optional: true,
  })
  maxMessageCount?: number;

  @IntegerField({
    description: 'So many minutes count as 1. null: never capped, in units of 1440 minutes.',
    min: 1,
    max: MAX_MINUTES,
    example: 1440,
    optional: true,
    nullable: true,
  })
  maxDelayMinutes?: number | null;

  @IntegerField({ description: 'For CANDIDATE_WINDOW.', min: 1, max: 10_000, example: 100, optional: true })
  candidateWindow?: number;

  @ApiPropertyOptional({ enum: DELAY_BASES, description: 'What the delay is counted from.' })
  @given
  @IsIn(DELAY_BASES)
  delayBasis?: string;

  @IntegerField({
    description: 'How long somebody OFFLINE keeps their conversations.',
    min: 0,
    max: 2_592_000,
    example: 900,
    optional: true,
  })
  gracePeriodSeconds?: number;

  @ApiPropertyOptional({ description: 'Operators may take from any inbox and are subscribed by taking.' })
  @given
  @IsBoolean()
  autoSubscribe?: boolean;

  @IntegerField({
    description: 'maxLoad of operators added without one. null: no limit.',
    min: 1,
    max: 100_000,
    example: 5,
    optional: true,
    nullable: true,
  })
  defaultMaxLoad?: number | null;
}

export class FirstAdmin {
  @TextField({ description: 'What colleagues call them.', example: 'Ada Admin' })
  name: string;
  @EmailField({ description: 'Their address.', example: 'ada@acme.example', optional: true, nullable: true })
  email?: string | null;
}

export class CreateTenant {
  @TextField({ description: 'The customer company.', example: 'Acme' })
  name: string;

  @ApiProperty({ type: FirstAdmin })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => FirstAdmin)
  admin: FirstAdmin;

  @ApiPropertyOptional({ type: TenantSettings })
  @given
  @IsObject()
  @ValidateNested()
  @Type(() => TenantSettings)
  settings?: TenantSettings;
}
