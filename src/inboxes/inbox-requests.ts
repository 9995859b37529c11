import { ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsBoolean, IsIn, ValidateIf } from 'class-validator';
import { PhoneField } from '../customers/phone-fields.js';
import { IdField, IntegerField, NameField, TextField } from '../http/fields.js';
import { PageQuery } from '../http/page-query.js';
import { BOOST } from '../queue/boost-minutes.js';
import {
  AFFINITIES,
  DISTRIBUTIONS,
  ON_REPLY_OVERDUE,
  type Affinity,
  type Distribution,
  type OnReplyOverdue,
} from './inbox.js';

export class CreateInbox {
  @NameField({
    description: 'Unique in the tenant, without regard to case and blanks.',
    example: 'Returns',
  })
  name: string;

  @PhoneField({
    description:
      'Unique in the tenant. Stored as E.164, with its extension as `;ext=12`; a short code as it is.',
    example: '+4930901829',
    optional: true,
    nullable: true,
  })
  phoneNumber?: string | null;

  @TextField({
    description: 'A note for people.',
    example: 'What customers send back',
    max: 2000,
    multiline: true,
    optional: true,
    nullable: true,
  })
  description?: string | null;

  @ApiPropertyOptional({
    enum: DISTRIBUTIONS,
    default: 'PULL',
    example: 'PULL',
    description:
      '`PULL`: operators allocate and claim. The other strategies distribute on arrival: at random by weight, to the lowest ' +
      'load per weight, or in turn.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(DISTRIBUTIONS)
  distribution?: Distribution;

  @IntegerField({
    description:
      'Within how many seconds the operator must accept a conversation that was distributed to them; null: never.',
    min: 1,
    max: 86_400,
    example: 60,
    optional: true,
    nullable: true,
  })
  acceptWithinSeconds?: number | null;

  @IntegerField({
    description: 'Within how many seconds the holder must reply to the customer; null: never.',
    min: 1,
    max: 2_592_000,
    example: 600,
    optional: true,
    nullable: true,
  })
  replyWithinSeconds?: number | null;

  @IntegerField({
    description: 'Within how many seconds a customer should get an operator; null: no target.',
    min: 1,
    max: 2_592_000,
    example: 300,
    optional: true,
    nullable: true,
  })
  waitTargetSeconds?: number | null;

  @ApiPropertyOptional({
    enum: ON_REPLY_OVERDUE,
    default: 'NOTIFY',
    example: 'NOTIFY',
    description: 'What happens when the holder does not reply in time: an event, or it is queued again.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(ON_REPLY_OVERDUE)
  onReplyOverdue?: OnReplyOverdue;

  @ApiPropertyOptional({
    enum: AFFINITIES,
    default: 'NONE',
    example: 'NONE',
    description:
      '`LAST_OPERATOR`: what reopens, or a new conversation of a lead, goes at once to the operator who holds another conversation ' +
      'of that lead, or held the last one, if they are eligible.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(AFFINITIES)
  affinity?: Affinity;

  @IntegerField({
    description:
      'How many minutes longer than they do its conversations count as waiting. Less than 0: shorter.',
    ...BOOST,
    example: 0,
    optional: true,
    default: 0,
  })
  boostMinutes?: number;
}

export class UpdateInbox extends PartialType(CreateInbox, { skipNullProperties: false }) {
  @ApiPropertyOptional({
    example: true,
    description:
      '`false` archives it: it is not offered, nothing new begins in it, and its name and number are free for another. ' +
      'What waits there or is held is still allocated and resolved.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  isActive?: boolean;

  @IdField({
    description:
      'The active inbox for messages that name this one while it is archived; null: they are refused with INBOX_INACTIVE.',
    example: '019c8f00-0000-7000-8000-000000000102',
    optional: true,
    nullable: true,
  })
  redirectToInboxId?: string | null;
}

export class ListInboxesQuery extends PageQuery {
  @ApiPropertyOptional({
    enum: ['true', 'false'],
    default: 'false',
    description: 'Whether archived inboxes are listed too.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(['true', 'false'])
  includeInactive?: 'true' | 'false';
}
