import { ApiPropertyOptional, PartialType, PickType } from '@nestjs/swagger';
import { IsBoolean, IsOptional, Matches, ValidateIf } from 'class-validator';
import { NOT_BLANK, TextField } from '../http/fields.js';

const COLOR = /^#[0-9a-fA-F]{6}$/;

export class CreateLabel {
  @TextField({
    description: 'Unique in the inbox, case-sensitive.',
    example: 'Complaint',
    pattern: NOT_BLANK,
  })
  @Matches(NOT_BLANK, { message: 'name must not be blank' })
  name: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    pattern: COLOR.source,
    description: 'The color as `#rrggbb`; null: none.',
    example: '#dc2626',
  })
  @IsOptional()
  @Matches(COLOR, { message: 'color must be written as #rrggbb, for example #dc2626' })
  color?: string | null;

  @ApiPropertyOptional({
    default: false,
    description: 'Whether to attach it to every conversation that is in the inbox now, in any state.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  attachToExisting?: boolean;
}

export class UpdateLabel extends PartialType(PickType(CreateLabel, ['name', 'color']), {
  skipNullProperties: false,
}) {}
