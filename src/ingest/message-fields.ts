import { ApiPropertyOptional } from '@nestjs/swagger';

const TEXT = { type: 'string' as const };
const EMPTY = { ...TEXT, maxLength: 0 };
/** As the types of this version of OpenAPI have it. */
const NULL = { type: 'null' as unknown as 'string' };
export const NUMBER = { type: 'number' as const };
export const ID_NUMBER = {
  ...NUMBER,
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
};
/** What means "not given". */
export const NULL_OR_EMPTY = [EMPTY, NULL];

/**
 * A field that a customer or a channel fills. The document asks for its kind only; readMessage decides the outcome of the
 * value.
 */
export function Given(description: string, example: string, ...more: { type: 'string' | 'number' }[]) {
  return ApiPropertyOptional({ description, example, anyOf: [TEXT, ...more, NULL] });
}

export const InboxIdGiven = () =>
  ApiPropertyOptional({
    description:
      'The id of the inbox. Set either this or `inboxPhoneNumber`. Without both, the message goes to the ' +
      "tenant's `defaultInboxId`, or else to its only inbox.",
    anyOf: [{ ...TEXT, format: 'uuid' }, ...NULL_OR_EMPTY],
  });

export const InboxNumberGiven = () =>
  ApiPropertyOptional({
    description: 'The phone number of the inbox, or its short code.',
    example: '+4930901820',
    anyOf: [{ ...TEXT, format: 'phone' }, ...NULL_OR_EMPTY],
  });

export const WARNED =
  'What was changed, left out or not understood of what the customer or the channel sent.';
