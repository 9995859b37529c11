import { ApiSchema } from '@nestjs/swagger';
import { IdField, IntegerField } from '../http/fields.js';

/** As a batch of messages. The list is answered in one piece, and meanwhile its inbox distributes nothing. */
export const MAX_REPLACED = 1_000;

@ApiSchema({ name: 'CreateSubscription' })
export class SubscriptionRequest {
  @IdField({ description: 'Who is subscribed.', example: '019c8f00-0000-7000-8000-000000000013' })
  operatorId: string;

  @IntegerField({
    description:
      'Share of what is distributed on arrival. 0: may ask for conversations, is never handed one.',
    example: 30,
    min: 0,
    max: 1_000_000,
    optional: true,
    default: 1,
  })
  weight = 1;
}
