import { IntegerField, TextField } from '../http/fields.js';
import { BOOST } from '../queue/boost-minutes.js';

export class BoostRequest {
  @IntegerField({
    ...BOOST,
    description:
      'How many minutes longer than it does the conversation counts as waiting. Less than 0: shorter. 0: no boost.',
    example: 120,
  })
  minutes: number;

  @TextField({ description: 'The reason, for the ledger.', example: 'A VIP customer', optional: true })
  reason?: string;
}
