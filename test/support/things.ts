import { v7 as uuid } from 'uuid';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import { define, labelling } from './labelling.js';
import type { Person, World } from './world.js';

/** All conversations have this number, so that a search finds every visible one. */
export const CUSTOMER = '+4915112345678';

/** The kinds of conversations from the view of an OPERATOR. */
export const THINGS = [
  'waits in an own inbox',
  'waits in an unsubscribed inbox',
  'is held by them, in an unsubscribed inbox',
  'is held by another, in an own inbox',
] as const;
export type Thing = (typeof THINGS)[number];

/** A conversation and what belongs to it: the ids that paths and bodies name. */
export interface Ids {
  conversation: string;
  inbox: string;
  lead: string;
  label: string;
  /** The OPERATOR if they may take or keep the conversation, otherwise their colleague. */
  operator: string;
}

/** A conversation of each kind for the OPERATOR. */
export async function thingsFor(world: World, me: Person, colleague: Person): Promise<Record<Thing, Ids>> {
  const [own, foreign, elsewhere] = [await world.inbox(), await world.inbox(), await world.inbox()];
  await world.app
    .call('post', `/inboxes/${own.id}/operators`, world.admin)
    .send({ operatorId: me.id })
    .expect(201);
  return {
    'waits in an own inbox': await thing(world, own, me, null),
    'waits in an unsubscribed inbox': await thing(world, foreign, colleague, null),
    'is held by them, in an unsubscribed inbox': await thing(world, elsewhere, me, me),
    'is held by another, in an own inbox': await thing(world, own, colleague, colleague),
  };
}

async function thing(
  world: World,
  inbox: InboxResponse,
  operator: Person,
  holder: Person | null,
): Promise<Ids> {
  const { body } = await world.app
    .call('post', '/orchestrator/messages', world.orchestrator)
    .send({
      externalConversationId: `thread-${uuid()}`,
      inboxId: inbox.id,
      customerPhoneNumber: CUSTOMER,
      lead: { externalId: `crm-${uuid()}`, name: 'Carla' },
    })
    .expect(201);
  const { conversation } = body as { conversation: { id: string; leadId: string } };
  if (holder !== null) {
    const gift = { conversationId: conversation.id, operatorId: holder.id };
    await world.app.call('post', '/allocation/reassign', world.admin).send(gift).expect(200);
  }
  const label = await define(world, inbox);
  await labelling(world, 'put', conversation, label).expect(204);
  return {
    conversation: conversation.id,
    inbox: inbox.id,
    lead: conversation.leadId,
    label: label.id,
    operator: operator.id,
  };
}
