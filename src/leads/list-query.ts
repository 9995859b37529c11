import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { ForeignIdQuery } from '../customers/id-field.js';
import { PhoneQuery } from '../customers/phone-fields.js';
import { EmailField } from '../http/fields.js';
import { PageQuery } from '../http/page-query.js';

export const LEAD_INCLUDES = ['conversations'] as const;

// The examples are in the descriptions, because Swagger UI fills in field examples and would set every filter at once.
export class ListLeads extends PageQuery {
  @PhoneQuery({
    description:
      'The number of the lead, or of one of their conversations that the caller may see. The whole number, ' +
      'in any form: `+49 151 12345601`.',
    optional: true,
  })
  phone?: string;

  @EmailField({
    description: 'The whole address, case-insensitive: `carla@customer.example`.',
    optional: true,
  })
  email?: string;

  @ForeignIdQuery({
    description: "The customer's id in your system, case-sensitive: `crm-1`.",
    optional: true,
  })
  externalId?: string;

  @ApiPropertyOptional({
    enum: LEAD_INCLUDES,
    description:
      '`conversations`: each lead with their 10 most recent conversations that the caller may see.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(LEAD_INCLUDES)
  include?: (typeof LEAD_INCLUDES)[number];
}

/** The same as a body, because addresses of requests are in the logs of gateways. */
export class SearchLeads extends ListLeads {}
