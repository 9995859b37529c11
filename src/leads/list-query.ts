import { EmailField, PhoneField, TextField } from '../http/fields.js';
import { PageQuery } from '../http/page-query.js';

// The examples stand in the descriptions: Swagger UI would fill in those of a field, and so set every filter at once.
export class ListLeads extends PageQuery {
  @PhoneField({
    description:
      'Their own number, or one they wrote from in a conversation that you see; the whole number, spaces do not ' +
      'matter: `+49 151 12345601`.',
    optional: true,
  })
  phone?: string;

  @EmailField({
    description: 'The whole address, in small or capital letters: `carla@customer.example`.',
    optional: true,
  })
  email?: string;

  @TextField({
    description: "The customer's id in your system, letter by letter: `crm-1`.",
    optional: true,
  })
  externalId?: string;
}
