import { PhoneField } from '../customers/phone-fields.js';
import { EmailField, IdField, NameField } from '../http/fields.js';

export class UpdateLead {
  @NameField({
    description: 'The name of the customer; null: none.',
    example: 'Carla Customer',
    optional: true,
    nullable: true,
  })
  name?: string | null;

  @EmailField({
    description: 'The e-mail address of the customer; null: none.',
    example: 'carla@customer.example',
    optional: true,
    nullable: true,
  })
  email?: string | null;

  @PhoneField({
    description: 'The phone number of the customer, with its country code; null: none.',
    example: '+4915112345678',
    optional: true,
    nullable: true,
  })
  phone?: string | null;
}

export class MergeLead {
  @IdField({
    description: 'The lead that gets the conversations and the external ids.',
    example: '019c8f00-0000-7000-8000-000000000401',
  })
  intoLeadId: string;
}
