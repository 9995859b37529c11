import { ApiSchema } from '@nestjs/swagger';
import { IdField, IntegerField } from '../http/fields.js';

/**
 * The same limit as for a batch of messages. The response holds the whole list, and during the change the inbox
 * distributes nothing.
 */
export const MAX_REPLACED = 1_000;

@ApiSchema({ name: 'CreateSubscription' })
export class SubscriptionRequest {
  @IdField({ description: 'The operator to subscribe.', example: '019c8f00-0000-7000-8000-000000000013' })
  operatorId: string;

  @IntegerField({
    description:
      'The share of distributed conversations. 0: the operator can allocate and claim, but receives nothing by distribution.',
    example: 30,
    min: 0,
    max: 1_000_000,
    optional: true,
    default: 1,
  })
  weight = 1;

  @IntegerField({
    description:
      'How many conversations of the inbox the operator can hold at once; null: only their own maxLoad counts. Both limits hold.',
    example: 3,
    min: 1,
    max: 100_000,
    optional: true,
    nullable: true,
  })
  maxLoad?: number | null;
}
