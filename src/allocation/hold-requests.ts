import { TimeField } from '../http/fields.js';
import { ConversationRequest } from './allocation-requests.js';

export class ParkRequest extends ConversationRequest {
  @TimeField({
    description:
      'Until when, at most a year ahead. Without it, until the customer writes or the holder unparks it.',
    optional: true,
    nullable: true,
  })
  until?: string | null;
}
