import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsUUID,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { ConversationFilterBody } from '../conversations/conversation-filters.js';
import { IdField, IntegerField, TextField } from '../http/fields.js';
import { OUTCOMES, type Outcome } from '../ledger/outcome.js';
import { BOOST } from '../queue/boost-minutes.js';
import { BULK_ACTIONS, type BulkActionType } from './bulk-actions.js';

/** The most conversations of a bulk. */
export const MOST_ITEMS = 1_000;
/** The most operators among whom a bulk shares conversations out. */
const MOST_RECEIVERS = 50;

const given = ValidateIf((_, value) => value !== undefined);

function IdsField(options: { description: string; example: string[]; most: number }): PropertyDecorator {
  const { most, ...shown } = options;
  return applyDecorators(
    ApiPropertyOptional({
      ...shown,
      type: 'array',
      items: { type: 'string', format: 'uuid' },
      minItems: 1,
      maxItems: most,
      uniqueItems: true,
    }),
    given,
    Transform(({ value }: { value: unknown }) =>
      Array.isArray(value)
        ? value.map((id: unknown) => (typeof id === 'string' ? id.toLowerCase() : id))
        : value,
    ),
    IsArray(),
    ArrayNotEmpty(),
    ArrayMaxSize(most),
    ArrayUnique(),
    IsUUID(undefined, { each: true }),
  );
}

export class BulkSelect {
  @IdsField({
    description: 'These conversations.',
    example: ['019c8f00-0000-7000-8000-000000000305', '019c8f00-0000-7000-8000-000000000301'],
    most: MOST_ITEMS,
  })
  ids?: string[];

  @ApiPropertyOptional({
    type: ConversationFilterBody,
    description: 'Instead: what `GET /conversations` with these filters lists, at most 1,000.',
  })
  @given
  @IsObject()
  @ValidateNested()
  @Type(() => ConversationFilterBody)
  filters?: ConversationFilterBody;
}

export class BulkAction {
  @ApiProperty({
    enum: BULK_ACTIONS,
    example: 'reassign',
    description:
      '`reassign` needs `operatorIds`, `move` needs `inboxId`, `boost` needs `minutes`, `label` and `unlabel` need ' +
      '`labelId`.',
  })
  @IsIn(BULK_ACTIONS)
  type: BulkActionType;

  @IdsField({
    description:
      'Who receives them. Of several, each conversation goes to the one with the least load who has room, AVAILABLE ' +
      'ones first; the one who holds it keeps it.',
    example: ['019c8f00-0000-7000-8000-000000000011'],
    most: MOST_RECEIVERS,
  })
  operatorIds?: string[];

  @ApiPropertyOptional({
    description: 'With `reassign`: whether operators at capacity receive them too.',
    example: false,
  })
  @given
  @IsBoolean()
  overrideCapacity?: boolean;

  @ApiPropertyOptional({
    enum: OUTCOMES,
    description: 'With `resolve`: how they ended. Without it, HANDLED.',
    example: 'SPAM',
  })
  @given
  @IsIn(OUTCOMES)
  outcome?: Outcome;

  @IdField({ description: 'The inbox they move to.', optional: true })
  inboxId?: string;

  @IntegerField({ ...BOOST, description: 'As of `PUT /conversations/{id}/boost`.', optional: true })
  minutes?: number;

  @IdField({ description: 'The label, of the inbox in which they all are.', optional: true })
  labelId?: string;
}

/** A plan, or the id of one alone to run it. */
export class BulkRequest {
  @ApiPropertyOptional({ type: BulkSelect })
  @given
  @IsObject()
  @ValidateNested()
  @Type(() => BulkSelect)
  select?: BulkSelect;

  @ApiPropertyOptional({ type: BulkAction })
  @given
  @IsObject()
  @ValidateNested()
  @Type(() => BulkAction)
  action?: BulkAction;

  @TextField({ description: 'The reason, for the ledger.', example: 'Oscar is ill', optional: true })
  reason?: string;

  @ApiPropertyOptional({
    default: false,
    description: 'Whether to plan only. The plan can be run within 15 minutes.',
    example: true,
  })
  @given
  @IsBoolean()
  dryRun?: boolean;

  @IdField({ description: 'The plan to run. It stands alone.', optional: true })
  planId?: string;
}

export const BULK_INCLUDES = ['items'] as const;

export class BulkQuery {
  @ApiPropertyOptional({
    enum: BULK_INCLUDES,
    description: '`items`: with the outcome of each conversation.',
  })
  @given
  @IsIn(BULK_INCLUDES)
  include?: (typeof BULK_INCLUDES)[number];
}
