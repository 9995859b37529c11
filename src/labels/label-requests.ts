import { ApiPropertyOptional, PartialType, PickType } from '@nestjs/swagger';
import { IsBoolean, IsOptional, Matches, ValidateIf } from 'class-validator';
import { NameField } from '../http/fields.js';

const COLOR = /^#[0-9a-fA-F]{6}$/;

export class CreateLabel {
  @NameField({
    description: 'Unique in the inbox, without regard to case and blanks.',
    example: 'Complaint',
  })
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
