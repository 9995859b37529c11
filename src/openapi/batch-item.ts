import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PROBLEMS, type FieldError } from '../http/problem.js';
import { FieldProblem } from './problem-schemas.js';

export class BatchItem {
  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'The position of the item in the batch, from 0.',
  })
  index: number;
}

/** Why an item is refused, in the words of the response that it would get alone. */
export class BatchItemError {
  @ApiProperty({ enum: Object.keys(PROBLEMS), example: 'VALIDATION_FAILED' })
  code: string;
  @ApiProperty({ example: 'customerPhoneNumber must be a text' })
  detail: string;
  @ApiPropertyOptional({
    type: [FieldProblem],
    description: 'With VALIDATION_FAILED: every invalid field.',
  })
  errors?: readonly FieldError[];
}

class ResourceError extends BatchItemError {
  @ApiPropertyOptional({
    example: 'name',
    description: 'With ALREADY_EXISTS: the field whose value is in use already.',
  })
  field?: string;
  @ApiPropertyOptional({
    type: 'integer',
    description: 'With QUOTA_EXCEEDED: the most that a tenant can have.',
  })
  limit?: number;
}

/** An operator or an inbox of a batch that was refused. */
export class RefusedResource extends BatchItem {
  @ApiProperty({
    type: 'integer',
    enum: [400, 409],
    example: 409,
    description: 'The status that the item would get alone.',
  })
  status: number;
  @ApiProperty({ type: ResourceError })
  error: ResourceError;
}
