import { ApiSchema } from '@nestjs/swagger';
import { IdField, IntegerField } from '../http/fields.js';

/** As a batch of messages. The list is answered in one piece, and meanwhile its inbox distributes nothing. */
export const MAX_REPLACED = 1_000;

@ApiSchema({ name: 'CreateSubscription' })
export class SubscriptionRequest {
  @IdField({ description: 'The operator to subscribe.', example: '019c8f00-0000-7000-8000-000000000013' })
  operatorId: string;

  @IntegerField({
    description:
      'Their share of what is distributed. 0: may allocate and claim, receives nothing by distribution.',
    example: 30,
    min: 0,
    max: 1_000_000,
    optional: true,
    default: 1,
  })
  weight = 1;
}
