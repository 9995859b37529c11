import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import type { Response } from 'supertest';
import { keyed } from './idempotency-keys.js';
import type { Person, World } from './world.js';

/** A person with a mark in every field that there is. */
export interface Marked {
  /** A word in all their texts, and digits in all their numbers. */
  readonly word: string;
  readonly digits: string;
}

/** Where they all are: two inboxes, and the operators who care for them. */
export interface Stage {
  readonly world: World;
  readonly inbox: InboxResponse;
  readonly other: InboxResponse;
  readonly holder: Person;
  readonly next: Person;
  readonly labelId: string;
}

/** Their rows, and their requests. */
export interface Life {
  readonly leadId: string;
  readonly mergedId: string;
  readonly conversationIds: string[];
  /** Sends each request that had an Idempotency-Key again. */
  repeat(): Promise<Response[]>;
}

export async function stage(world: World): Promise<Stage> {
  const [inbox, other] = [await world.inbox(), await world.inbox()];
  const inboxes = [inbox, other];
  const [holder, next] = [await world.operator({ inboxes }), await world.operator({ inboxes })];
  const { body } = await world.app
    .call('post', `/inboxes/${inbox.id}/labels`, world.admin)
    .send({ name: 'vip' })
    .expect(201);
  return { world, inbox, other, holder, next, labelId: (body as { id: string }).id };
}

/** Lets a person go through everything that there is for customers. */
export async function live(
  { world, inbox, other, holder, next, labelId }: Stage,
  { word, digits }: Marked,
  keys = 'key',
) {
  const sent: (() => Promise<Response>)[] = [];
  const send = async (
    method: 'post' | 'put' | 'patch',
    path: string,
    body: object,
    by = world.admin,
  ): Promise<unknown> => {
    const key = `${word}-${keys}-${sent.length}`;
    const once = async () => world.app.call(method, path, keyed(by, key)).send(body);
    sent.push(once);
    const response = await once();
    if (!response.ok) throw new Error(`${method} ${path} got ${response.status}: ${response.text}`);
    return response.body;
  };
  const number = (start: string) => `+49151${start}${digits}`;
  let messages = 0;
  const message = (thread: string, to: InboxResponse, fields: object = {}) => ({
    externalConversationId: `${word}-${thread}`,
    inboxId: to.id,
    customerPhoneNumber: number('10'),
    customerAddress: `${word}@visitor.example`,
    subject: `Order of ${word}`,
    displayName: `${word} Customer`,
    messageId: `${word}-message-${++messages}`,
    lead: {
      externalId: `${word}-crm`,
      name: `${word} Lead`,
      email: `${word}@lead.example`,
      phone: number('11'),
    },
    ...fields,
  });
  const report = async (body: object) =>
    (await send('post', '/orchestrator/messages', body, world.orchestrator)) as {
      conversation: ConversationResponse;
    };

  const { conversation } = await report(message('first', inbox));
  const { id, leadId } = conversation;
  await send(
    'post',
    '/orchestrator/messages/batch',
    { messages: [message('first', inbox), message('second', other)] },
    world.orchestrator,
  );
  // Another number and another address: the former number still finds them.
  const changed = { customerPhoneNumber: number('12'), customerAddress: `${word}@new.example` };
  await report(message('first', inbox, changed));
  await send(
    'post',
    '/orchestrator/replies',
    {
      externalConversationId: `${word}-first`,
      inboxId: inbox.id,
      messageId: `${word}-reply`,
    },
    world.orchestrator,
  );
  // A second lead, with a visitor who is known by the thread alone, is merged into the first one.
  const visitor = { customerPhoneNumber: null, customerAddress: null, lead: { name: `${word} Visitor` } };
  const { conversation: third } = await report(message('third', inbox, visitor));
  await send('patch', `/leads/${third.leadId}`, { email: `${word}@second.example`, phone: number('13') });
  await send('post', `/leads/${third.leadId}/merge`, { intoLeadId: leadId });
  await send('patch', `/leads/${leadId}`, { name: `${word} Renamed` });

  // The operators' day.
  const reason = `${word} asked for it`;
  await send('put', `/conversations/${id}/boost`, { minutes: 5, reason });
  await send('put', `/conversations/${id}/labels/${labelId}`, {});
  const given = (to: Person) => send('post', '/allocation/claim', { conversationId: id }, to.headers);
  await given(holder);
  await send(
    'post',
    '/allocation/transfer',
    { conversationId: id, operatorId: next.id, reason },
    holder.headers,
  );
  await send('post', '/allocation/release', { conversationId: id, reason }, next.headers);
  await given(holder);
  await send('post', '/allocation/park', { conversationId: id }, holder.headers);
  await send('post', '/allocation/move-inbox', { conversationId: id, inboxId: other.id });
  await send('post', '/allocation/resolve', { conversationId: id, outcome: 'DUPLICATE', reason });
  await report(message('first', inbox, changed));
  await send('post', '/allocation/resolve', { conversationId: third.id });

  // Searches fill the index.
  for (const q of [word, digits]) {
    const found = await world.app.call('get', '/conversations/search', world.admin).query({ q }).expect(200);
    if ((found.body as { data: unknown[] }).data.length === 0) throw new Error(`nothing found by ${q}`);
  }
  const of = await world.app
    .call('get', '/conversations', world.admin)
    .query({ leadId: leadId! })
    .expect(200);
  const conversationIds = (of.body as { data: { id: string }[] }).data.map((each) => each.id).sort();
  const repeat = async () => {
    const responses = [];
    for (const once of sent) responses.push(await once());
    return responses;
  };
  return { leadId: leadId!, mergedId: third.leadId!, conversationIds, repeat } satisfies Life;
}

/** Every value of every column that can hold a text, as `table.column value`. */
export async function dumped(
  world: World,
  columns: readonly string[],
): Promise<{ column: string; text: string }[]> {
  const parts = columns.map((name) => {
    const [table, column] = name.split('.');
    // Bytes as letters too.
    return `select '${name}' as column, ${column}::text || ' ' || encode(convert_to(${column}::text, 'UTF8'), 'escape') as text
      from ${table} where ${column} is not null`;
  });
  return world.app.database.rows(parts.join(' union all '));
}
