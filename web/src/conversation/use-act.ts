import type { Conversation } from '@inbox-allocation/client/openapi';
import { useMemo } from 'preact/hooks';
import type { Sentence } from '../parts/sentence.js';
import { toast } from '../parts/toasts.js';
import { actionsOf, type Actions, type Seen } from '../service/actions.js';
import { messageOf } from '../service/problems.js';
import { useService, type Service } from '../service/service.js';
import { texts } from '../texts.js';
import { asSeen } from './conflicts.js';

export interface Act {
  /** The conversation as the person saw it. */
  readonly seen: Seen;
  readonly run: (actions: Actions, seen: Seen) => Promise<Conversation>;
  /** What was done, in words. */
  readonly done: Sentence | string;
  /** Takes it back, if that is possible. */
  readonly undo?: ((actions: Actions, after: Seen) => Promise<Conversation>) | undefined;
  /** Whether it can be taken back as it is then. */
  readonly canUndo?: ((after: Conversation) => boolean) | undefined;
}

/** Does something with a conversation, says so, and offers the way back. Rejects when it was not done. */
export function useAct(): (act: Act) => Promise<void> {
  const service = useService();
  return useMemo(() => {
    const actions = actionsOf(service.client);
    return (act) => perform(service, actions, act);
  }, [service]);
}

/** The same for buttons: what was refused becomes a message. */
export function useActNow(): (act: Act) => void {
  const act = useAct();
  return (what) => {
    act(what).catch((error: unknown) => toast(messageOf(error), { isBad: true }));
  };
}

async function perform(service: Service, actions: Actions, act: Act): Promise<void> {
  const { seen, run, done, undo, canUndo = () => true } = act;
  try {
    const after = await asSeen(service, seen, (latest) => run(actions, latest));
    if (undo === undefined || !canUndo(after)) toast(done);
    else
      toast(done, { action: { label: texts.undo, run: () => void takeBack(service, actions, after, undo) } });
  } finally {
    service.live.wake();
  }
}

async function takeBack(
  service: Service,
  actions: Actions,
  after: Conversation,
  undo: NonNullable<Act['undo']>,
): Promise<void> {
  try {
    await asSeen(service, after, (latest) => undo(actions, latest));
    toast(texts.undone);
  } catch (error) {
    toast(messageOf(error), { isBad: true });
  } finally {
    service.live.wake();
  }
}
