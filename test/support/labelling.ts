import type { LabelResponse } from '../../src/labels/label.js';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import type { Headers } from './application.js';
import type { World } from './world.js';

interface Fields {
  name?: unknown;
  color?: unknown;
  attachToExisting?: unknown;
}

let defined = 0;

/** The request itself, for refusals. */
export function defining({ app, admin }: World, inbox: { id: string }, fields: object, caller = admin) {
  return app.call('post', `/inboxes/${inbox.id}/labels`, caller).send(fields);
}

/** Creates a label of an inbox through the API. */
export async function define(
  world: World,
  inbox: InboxResponse,
  fields: Fields = {},
): Promise<LabelResponse> {
  const { body } = await defining(world, inbox, { name: `Label ${++defined}`, ...fields }).expect(201);
  return body as LabelResponse;
}

/** Attaches or detaches a label. The request is sent when it is awaited. */
export function labelling(
  { app, admin }: World,
  verb: 'put' | 'delete',
  conversation: { id: string },
  label: { id: string },
  caller: Headers = admin,
) {
  return app.call(verb, `/conversations/${conversation.id}/labels/${label.id}`, caller);
}

export async function labelsOf(world: World, { id }: { id: string }): Promise<string[]> {
  return (await world.conversation(id)).labels.map((label) => label.id);
}

/** Attached labels of another inbox than the conversation's. There must be none. */
export function misplaced({ app, tenantId }: World): Promise<object[]> {
  return app.database.rows(
    `select a.conversation_id, c.inbox_id, l.id as label_id, l.inbox_id as label_inbox_id
    from conversation_labels a
    join conversations c on c.tenant_id = a.tenant_id and c.id = a.conversation_id
    join labels l on l.tenant_id = a.tenant_id and l.id = a.label_id
    where a.tenant_id = $1 and l.inbox_id <> c.inbox_id`,
    [tenantId],
  );
}
