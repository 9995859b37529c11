import {
  bearer,
  createClient,
  isProblem,
  unwrap,
  type InboxClient,
  type Problem,
} from '@inbox-allocation/client';
import { feed, type Event } from '@inbox-allocation/client/feed';
import type { Conversation } from '@inbox-allocation/client/openapi';
import { items } from '@inbox-allocation/client/pages';
import { stream } from '@inbox-allocation/client/stream';

export interface Settings {
  baseUrl: string;
  apiKey: string;
  token: string;
  operatorId: string;
  inboxId: string;
  /** Distinguishes what this run reports from what another one does. */
  run: string;
}

/** What somebody does with the package whose project has nothing else: every part of it, against a running service. */
export async function tour({
  baseUrl,
  apiKey,
  token,
  operatorId,
  inboxId,
  run,
}: Settings): Promise<string[]> {
  const told: string[] = [];
  const gateway = createClient({ baseUrl, credentials: bearer(apiKey) });
  const desk = createClient({ baseUrl, credentials: bearer(async () => Promise.resolve(token)) });

  // The desk listens before anything happens.
  const stop = new AbortController();
  const listening = (async () => {
    const heard: Event[] = [];
    for await (const item of stream(desk, { ticket: true, signal: stop.signal, inboxId })) {
      if (item.kind === 'gap') await write();
      else if (heard.push(item.event) === 3) stop.abort();
    }
    return heard;
  })();

  async function write(): Promise<void> {
    for (const n of [1, 2]) {
      const body = { externalConversationId: `${run}-${n}`, inboxId, messageId: `${run}-${n}` };
      const { conversation, created } = await unwrap(gateway.POST('/api/v1/orchestrator/messages', { body }));
      told.push(`${n} ${created ? 'created' : 'known'} ${conversation.state}`);
    }
    const path = { id: operatorId };
    await unwrap(
      desk.PUT('/api/v1/operators/{id}/status', { params: { path }, body: { status: 'AVAILABLE' } }),
    );
    const { conversation } = await unwrap(desk.POST('/api/v1/allocation/allocate', { body: {} }));
    told.push(`allocated ${nameOf(conversation)}`);
  }

  const events = await listening;
  told.push(...events.map(inWords));

  const mine: Conversation[] = [];
  const query = { assignedOperatorId: [operatorId], limit: 1 };
  for await (const conversation of items(desk, '/api/v1/conversations', { query })) mine.push(conversation);
  const [held] = mine;
  // @ts-expect-error: there may be none
  held.id.toUpperCase();
  if (held === undefined) throw new Error('the desk holds nothing');
  const resolve = {
    params: { header: { 'If-Match': `"${held.version}"` } },
    body: { conversationId: held.id },
  };
  await unwrap(desk.POST('/api/v1/allocation/resolve', resolve));
  const again = await desk.POST('/api/v1/allocation/resolve', { body: { conversationId: held.id } });
  if (again.error !== undefined) told.push(whyNot(again.error));
  try {
    await unwrap(desk.POST('/api/v1/allocation/claim', { body: { conversationId: held.id } }));
  } catch (error) {
    if (!isProblem(error, 'CONVERSATION_NOT_QUEUED', 'CONVERSATION_NOT_ALLOCATED')) throw error;
    told.push(`${error.problem.code}: ${error.problem.state}`);
  }

  const types = ['conversation.resolved'] as const;
  for await (const page of feed(desk, { types, inboxId })) {
    told.push(`feed: ${page.events.map(inWords).at(-1) ?? 'nothing'}`);
    break;
  }

  return told;
}

/** What does not compile. */
export const misuses = (client: InboxClient, id: string) => [
  // @ts-expect-error: no such path
  () => client.GET('/api/v1/conversation'),
  // @ts-expect-error: the id is missing
  () => client.GET('/api/v1/conversations/{id}'),
  // @ts-expect-error: the number is a text
  () => client.POST('/api/v1/operators', { body: { name: 'Otto', maxLoad: '3' } }),
  // @ts-expect-error: not a list
  () => items(client, '/api/v1/tenant'),
  // @ts-expect-error: no such filter
  () => items(client, '/api/v1/conversations', { query: { colour: 'red' } }),
  // @ts-expect-error: the inbox is missing
  () => items(client, '/api/v1/inboxes/{id}/labels'),
  () => items(client, '/api/v1/inboxes/{id}/labels', { path: { id } }),
];

function nameOf(conversation: Conversation | null): string {
  return conversation?.externalConversationId.split('-').at(-1) ?? 'nothing';
}

function inWords(event: Event): string {
  switch (event.type) {
    case 'operator.available':
    case 'operator.paused':
    case 'operator.offline': {
      const none: null = event.conversationId;
      return `${event.type} ${String(none)}`;
    }
    case 'conversation.allocated':
      return `${event.type} ${event.externalConversationId.split('-').at(-1) ?? ''} version ${event.version}`;
    default:
      return event.type;
  }
}

function whyNot(problem: Problem): string {
  // @ts-expect-error: no such code
  if (problem.code === 'GONE') return '';
  // @ts-expect-error: not every problem has it
  if (problem.state === 'QUEUED') return '';
  switch (problem.code) {
    case 'CONVERSATION_ALREADY_RESOLVED':
      return `${problem.code}: ${problem.state} ${String(problem.assignedOperatorId)}`;
    case 'ALREADY_EXISTS':
      return problem.field.toUpperCase();
    default:
      return problem.detail;
  }
}
