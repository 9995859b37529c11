import type { Conversation, Explanation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { name } from '../parts/sentence.js';
import { Picker } from '../parts/picker.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { candidatesOf, isFull, type Candidate } from './candidates.js';
import { customerOf } from './customer.js';
import type { Act } from './use-act.js';
import { reasonInWords } from './why.js';

/** Gives the conversation to somebody, and back to where it was. */
export function giveTo(conversation: Conversation, { operatorId, name: to }: Candidate, isOver = false): Act {
  const { state, assignedOperatorId } = conversation;
  return {
    seen: conversation,
    run: (actions, seen) => actions.assign(seen, operatorId, isOver),
    done: texts.done.given({ customer: name(customerOf(conversation)), receiver: name(to) }),
    undo: (actions, after) => {
      if (state === 'RESOLVED') return actions.resolve(after);
      return assignedOperatorId === null
        ? actions.deallocate(after)
        : actions.assign(after, assignedOperatorId, true);
    },
  };
}

export function GiveDialog({
  conversation,
  explanation,
  onClose,
}: {
  conversation: Conversation;
  explanation: Explanation;
  onClose: () => void;
}) {
  const candidates = candidatesOf(explanation);
  const [chosen, setChosen] = useState<string | null>(null);
  const [isOver, setOver] = useState(false);
  const candidate = candidates.find(({ operatorId }) => operatorId === chosen);
  const isOverLimit = candidate !== undefined && isFull(candidate);
  return (
    <ActionDialog
      title={texts.titles.give(name(customerOf(conversation)))}
      submit={texts.give}
      conversation={conversation}
      onClose={onClose}
      act={
        candidate === undefined || (isOverLimit && !isOver)
          ? null
          : (seen) => giveTo(seen, candidate, isOverLimit)
      }
    >
      <Picker
        label={texts.operators}
        choices={candidates.map((each) => ({
          id: each.operatorId,
          name: each.name,
          note: texts.candidate(reasonInWords(each), each),
        }))}
        chosen={chosen}
        onChoose={({ id }) => setChosen(id)}
      />
      {isOverLimit && (
        <label class="check">
          <input
            type="checkbox"
            checked={isOver}
            onChange={(event) => setOver(event.currentTarget.checked)}
          />
          {texts.overTheirLimit}
        </label>
      )}
    </ActionDialog>
  );
}
