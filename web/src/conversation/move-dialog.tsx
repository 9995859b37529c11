import type { Conversation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { Picker } from '../parts/picker.js';
import { name } from '../parts/sentence.js';
import { useInboxes } from '../service/lists.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { customerOf } from './customer.js';

export function MoveDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const inboxes = useInboxes().filter(({ id }) => id !== conversation.inboxId);
  const [chosen, setChosen] = useState<string | null>(null);
  const target = inboxes.find(({ id }) => id === chosen);
  const customer = name(customerOf(conversation));
  return (
    <ActionDialog
      title={texts.titles.move(customer)}
      submit={texts.move}
      conversation={conversation}
      onClose={onClose}
      act={
        target === undefined
          ? null
          : (seen) => ({
              seen,
              run: (actions, as) => actions.move(as, target.id),
              done: texts.done.moved({ customer, inbox: name(target.name) }),
              undo: (actions, after) => actions.move(after, seen.inboxId),
            })
      }
    >
      <Picker label={texts.inboxes} choices={inboxes} chosen={chosen} onChoose={({ id }) => setChosen(id)} />
    </ActionDialog>
  );
}
