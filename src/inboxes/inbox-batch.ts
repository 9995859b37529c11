import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { batchOf, MAX_ITEMS } from '../http/batch-of.js';
import { BatchItem, type BatchItemError } from '../openapi/batch-item.js';
import { CreateInbox } from './inbox-requests.js';

@ApiExtraModels(CreateInbox)
export class InboxBatch {
  @ApiProperty({
    type: 'array',
    items: { $ref: getSchemaPath(CreateInbox) },
    minItems: 1,
    maxItems: MAX_ITEMS,
    example: [{ name: 'Returns', phoneNumber: '+4930901829' }, { name: 'Repairs' }],
  })
  inboxes: CreateInbox[];
}

export const inboxesOfBatch = batchOf('inboxes', CreateInbox);

export class CreatedInbox extends BatchItem {
  @ApiProperty({ type: 'integer', enum: [201], example: 201, description: '201: the inbox was created.' })
  status: number;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000104' })
  inboxId: string;
  @ApiProperty({ example: true, description: 'Always `true`.' })
  created: boolean;
}

/** The result of one inbox of a batch. The API document shows it as created or refused, by status. */
export class InboxItemResult extends BatchItem {
  status: number;
  inboxId?: string;
  created?: boolean;
  error?: BatchItemError;
}

export class InboxBatchResult {
  @ApiProperty({ type: [InboxItemResult] })
  results: InboxItemResult[];
}
