import type { Conversation } from '@inbox-allocation/client/openapi';
import { supervises, type Me } from '../session/session.js';
import type { Act } from './use-act.js';

type WayBack = Pick<Act, 'undo' | 'canUndo'>;

/**
 * Supervisors give what was resolved or handed over back to who had it. What nobody had waits again only when the customer
 * writes.
 */
export function backToHolder({ assignedOperatorId: holder }: Conversation, me: Me): WayBack {
  if (holder === null || !supervises(me)) return {};
  return { undo: (actions, after) => actions.assign(after, holder, true) };
}

/**
 * Who gave it back takes it again while it waits. Operators take only from inboxes that they see.
 * @param inboxes those that the person sees
 */
export function backFromQueue(seen: Conversation, inboxes: readonly { id: string }[], me: Me): WayBack {
  const { undo = (actions, after) => actions.claim(after) } = backToHolder(seen, me);
  const canUndo = ({ state, inboxId }: Conversation) =>
    state === 'QUEUED' && inboxes.some(({ id }) => id === inboxId);
  return { undo, canUndo };
}
