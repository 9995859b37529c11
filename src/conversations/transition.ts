import { NotFound, Problem } from '../http/problem.js';
import { refusalIn, type Mover, type State, type TransitionName } from '../ledger/state-machine.js';
import type { ConversationRow } from './conversation.js';

/**
 * The result of a transition: the state under the lock, and the changed conversation. The functions lock the row,
 * check state and version, change it and write the ledger (lock_conversation, give_conversations,
 * requeue_conversations, record_events). So a refusal names the state and holder that caused it.
 */
export type TransitionRow = {
  met_state: State | null;
  met_operator_id: string | null;
  met_version: number | null;
} & (({ refusal: null } & ConversationRow) | { refusal: string; id: null });

/** The columns of a function `t` that returns a `TransitionRow`. */
export const TRANSITION_COLUMNS = 't.refusal, t.met_state, t.met_operator_id, t.met_version, (t.details).*';

/**
 * The problem for a refusal that every transition can have.
 * @throws Error for any other refusal, which the caller must handle
 */
export function transitionRefusal(
  name: TransitionName,
  mover: Mover,
  conversationId: string,
  {
    refusal,
    met_state,
    met_operator_id,
    met_version,
  }: Pick<TransitionRow, 'refusal' | (`met_${string}` & keyof TransitionRow)>,
): Problem {
  if (refusal === 'NOT_FOUND' || met_state === null) return new NotFound('conversation', conversationId);
  if (refusal === 'VERSION_MISMATCH') return versionMismatch(met_version);
  if (refusal !== 'WRONG_STATE') throw new Error(`unknown refusal ${refusal} of ${name}`);
  const holder = met_operator_id === null ? '' : ` with operator ${met_operator_id}`;
  return new Problem(
    refusalIn(name, mover, met_state),
    `Conversation ${conversationId} is ${met_state}${holder}.`,
    {
      state: met_state,
      assignedOperatorId: met_operator_id,
    },
  );
}

/** @param now the version that it has */
export function versionMismatch(now: number | null): Problem {
  return new Problem(
    'VERSION_MISMATCH',
    `The conversation has version ${now} now. Read it again before you change it.`,
    { version: now },
  );
}
