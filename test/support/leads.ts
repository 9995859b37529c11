import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import type { LeadResponse, LeadWithConversations } from '../../src/leads/lead.js';
import type { Headers } from './application.js';
import { messageTo, report, type MessageFields } from './messages.js';
import { page, type Query } from './pages.js';
import type { World } from './world.js';

/** A conversation of a lead; its externalId is their name as well. */
export async function wrote(
  world: World,
  inbox: InboxResponse,
  externalId: string,
  fields: MessageFields & { email?: string; phone?: string } = {},
): Promise<ConversationResponse> {
  const { email, phone, ...message } = fields;
  const lead = { externalId, name: externalId, ...(email && { email }), ...(phone && { phone }) };
  return (await report(world, messageTo(inbox, { ...message, lead }))).conversation;
}

export const leads = ({ app }: World, caller: Headers, query?: Query) =>
  page<LeadResponse>(app, '/leads', caller, query);

export const namesOf = ({ data }: { data: LeadResponse[] }) => data.map(({ externalId }) => externalId);
export const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);

export async function leadOf(
  { app }: World,
  caller: Headers,
  { leadId }: { leadId: string | null },
): Promise<LeadWithConversations> {
  const { body } = await app.call('get', `/leads/${leadId}`, caller).expect(200);
  return body as LeadWithConversations;
}
