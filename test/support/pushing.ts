import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { EventResponse } from '../../src/ledger/event.js';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import { messageTo, report, type MessageFields } from './messages.js';
import type { World } from './world.js';

/** Reports the first message of a customer. @returns the conversation of the response */
export async function arrives(
  world: World,
  inbox: InboxResponse,
  fields: MessageFields = {},
): Promise<ConversationResponse> {
  return (await report(world, messageTo(inbox, fields))).conversation;
}

/** The holder of each conversation; null while it waits. */
export function holdersOf(
  world: World,
  conversations: readonly { id: string }[],
): Promise<(string | null)[]> {
  return Promise.all(conversations.map(async ({ id }) => (await world.conversation(id)).assignedOperatorId));
}

/** How many conversations each operator of the tenant holds. */
export async function loads({ app, tenantId }: World): Promise<Record<string, number>> {
  const rows = await app.database.rows<{ operator: string; load: number }>(
    `select assigned_operator_id as operator, count(*)::integer as load from conversations
    where tenant_id = $1 and state = 'ALLOCATED' group by assigned_operator_id`,
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ operator, load }) => [operator, load]));
}

/** The last entry of a conversation's ledger. */
export async function lastEntry(world: World, id: string): Promise<EventResponse> {
  const { body } = await world.app.call('get', `/conversations/${id}/history`, world.admin).expect(200);
  return (body as { data: EventResponse[] }).data.at(-1)!;
}
