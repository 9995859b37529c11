import type { ConversationResponse } from '../../../src/conversations/conversation.js';
import type { InboxResponse } from '../../../src/inboxes/inbox.js';
import type { TestApplication } from '../application.js';
import type { Person, World } from '../world.js';

/** A valid tenant. */
export interface Shop {
  app: TestApplication;
  world: World;
  inbox: InboxResponse;
  /** An inbox nobody is subscribed to. */
  other: InboxResponse;
  /** Holds `allocated` and may hold one more. */
  holder: Person;
  /** OFFLINE, holds `kept`. */
  absent: Person;
  queued: ConversationResponse;
  allocated: ConversationResponse;
  kept: ConversationResponse;
  resolved: ConversationResponse;
}

export interface Break {
  /** Breaks the tenant as the owner of its database. @returns the id of the wrong row */
  breakIt: (shop: Shop, neighbour: Shop) => Promise<string>;
  /** Exactly the checks that find it. */
  names: string[];
}

/** Runs a statement on the row with the id, $1. @returns the id */
export async function run(shop: Shop, id: string, statement: string, ...more: unknown[]): Promise<string> {
  await shop.app.database.rows(statement, [id, ...more]);
  return id;
}

/** Changes a row of `conversations`. */
export const change =
  (which: 'queued' | 'allocated' | 'kept' | 'resolved', assignments: string): Break['breakIt'] =>
  (shop) =>
    run(shop, shop[which].id, `update conversations set ${assignments} where id = $1`);

/** Points a column of the conversation to the row `target`. */
export const point = (shop: Shop, { id }: ConversationResponse, column: string, target: string) =>
  run(shop, id, `update conversations set ${column} = $2 where id = $1`, target);
