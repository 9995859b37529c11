import type { Conversation } from '@inbox-allocation/client/openapi';

type Customer = Pick<
  Conversation,
  'displayName' | 'customerPhoneNumber' | 'customerAddress' | 'externalConversationId'
>;

/** What a customer calls themselves, or how else they are known. */
export function customerOf(conversation: Customer): string {
  const { displayName, customerPhoneNumber, customerAddress, externalConversationId } = conversation;
  return displayName ?? customerPhoneNumber ?? customerAddress ?? externalConversationId;
}
