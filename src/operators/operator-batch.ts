import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { batchOf, MAX_ITEMS } from '../http/batch-of.js';
import { BatchItem, type BatchItemError } from '../openapi/batch-item.js';
import { CreateOperator } from './operator-requests.js';

@ApiExtraModels(CreateOperator)
export class OperatorBatch {
  @ApiProperty({
    type: 'array',
    items: { $ref: getSchemaPath(CreateOperator) },
    minItems: 1,
    maxItems: MAX_ITEMS,
    example: [
      { name: 'Otto Operator', externalId: 'auth0|65f0c0ffee5eee' },
      { name: 'Mia Manager', externalId: 'auth0|65f0c0ffee5eef', role: 'MANAGER' },
    ],
  })
  operators: CreateOperator[];
}

export const operatorsOfBatch = batchOf('operators', CreateOperator);

export class StoredOperator extends BatchItem {
  @ApiProperty({
    type: 'integer',
    enum: [201, 200],
    example: 201,
    description: '201: the operator was created. 200: the one with this `externalId` was updated.',
  })
  status: number;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000015' })
  operatorId: string;
  @ApiProperty({ example: true, description: 'Whether this item created the operator.' })
  created: boolean;
}

/** The result of one operator of a batch. The API document shows it as stored or refused, by status. */
export class OperatorItemResult extends BatchItem {
  status: number;
  operatorId?: string;
  created?: boolean;
  error?: BatchItemError;
}

export class OperatorBatchResult {
  @ApiProperty({ type: [OperatorItemResult] })
  results: OperatorItemResult[];
}
