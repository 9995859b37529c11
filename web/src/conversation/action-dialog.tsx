import type { Conversation } from '@inbox-allocation/client/openapi';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { FormDialog } from '../parts/dialog.js';
import type { Sentence } from '../parts/sentence.js';
import { ChangedMeanwhile } from './conflicts.js';
import { useAct, type Act } from './use-act.js';

interface ActionDialogProps {
  title: Sentence | string;
  submit: string;
  conversation: Conversation;
  onClose: () => void;
  /** What to do with the conversation as it was seen; null while something is missing. */
  act: ((seen: Conversation) => Act) | null;
  /** Called when it was done. */
  onDone?: () => void;
  children?: ComponentChildren;
}

/**
 * A dialog that does something with a conversation as it was when the dialog opened. If somebody else was faster, it
 * says what they did, and the next attempt is for the conversation as it is then.
 */
export function ActionDialog({ conversation, act, onDone, children, ...props }: ActionDialogProps) {
  const perform = useAct();
  const seen = useRef(conversation);
  const submit = async () => {
    if (act === null) return;
    try {
      await perform(act(seen.current));
      onDone?.();
    } catch (error) {
      if (error instanceof ChangedMeanwhile) seen.current = error.conversation;
      throw error;
    }
  };
  return (
    <FormDialog {...props} canSubmit={act !== null} onSubmit={submit}>
      {children}
    </FormDialog>
  );
}
