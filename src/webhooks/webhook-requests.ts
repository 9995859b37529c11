import { ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  ValidateIf,
} from 'class-validator';
import { IdField, TextField } from '../http/fields.js';
import { PageQuery } from '../http/page-query.js';
import { EVENT_TYPES, type EventType } from '../ledger/event.js';
import { DELIVERY_STATUSES, type DeliveryStatus } from './webhook-delivery.js';

export class CreateWebhook {
  @TextField({
    description:
      'The address to POST to: `https://…` or `http://…`. It must be public. Every delivery checks it again.',
    example: 'https://desk.example.com/hooks/inbox',
    format: 'url',
    max: 2_000,
  })
  url: string;

  @ApiPropertyOptional({
    type: String,
    isArray: true,
    enum: EVENT_TYPES,
    nullable: true,
    minItems: 1,
    uniqueItems: true,
    description: 'Only events of these types. null: all types, future ones included.',
    example: ['conversation.created', 'conversation.resolved'],
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(EVENT_TYPES, { each: true })
  events?: EventType[] | null;

  @IdField({
    description: 'Only events of this inbox, moves into it and out of it included.',
    optional: true,
    nullable: true,
  })
  inboxId?: string | null;

  @TextField({
    description: 'A note for people.',
    example: 'Screens in the service centre',
    max: 2_000,
    multiline: true,
    optional: true,
    nullable: true,
  })
  description?: string | null;

  @ApiPropertyOptional({
    default: true,
    description: '`false`: deliveries are held back until it is `true`.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  enabled?: boolean;
}

export class UpdateWebhook extends PartialType(OmitType(CreateWebhook, ['inboxId']), {
  skipNullProperties: false,
}) {}

export class DeliveriesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DELIVERY_STATUSES, description: 'Only deliveries with this status.' })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(DELIVERY_STATUSES)
  status?: DeliveryStatus;
}
