import { unwrap } from '@inbox-allocation/client';
import type { Conversation, Receiver } from '@inbox-allocation/client/openapi';
import { useEffect, useState } from 'preact/hooks';
import { Picker, type Choice } from '../parts/picker.js';
import { ReasonField } from '../parts/reason-field.js';
import { name } from '../parts/sentence.js';
import { toast } from '../parts/toasts.js';
import { useInboxes } from '../service/lists.js';
import { messageOf } from '../service/problems.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { customerOf } from './customer.js';
import { backToHolder } from './way-back.js';

/** Hands the conversation over to a colleague or to an inbox. */
export function TransferDialog({
  conversation,
  onClose,
  onDone,
}: {
  conversation: Conversation;
  onClose: () => void;
  onDone: () => void;
}) {
  const { me } = useService();
  const receivers = useReceivers(conversation.id);
  const inboxes = useInboxes().filter(({ id }) => id !== conversation.inboxId);
  const [chosen, setChosen] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const customer = name(customerOf(conversation));
  const people = (canReceive: boolean) =>
    receivers
      .filter((each) => each.canReceive === canReceive)
      .map((each) => ({ id: each.operatorId, name: each.name, note: texts.receiver(each) }));
  const choices: Choice[] = [
    ...people(true),
    ...inboxes.map(({ id, name: inbox }) => ({ id, name: inbox, note: texts.inbox })),
    ...people(false),
  ];
  const target = choices.find(({ id }) => id === chosen);
  const isInbox = inboxes.some(({ id }) => id === chosen);
  return (
    <ActionDialog
      title={texts.titles.transfer(customer)}
      submit={texts.transfer}
      conversation={conversation}
      onClose={onClose}
      onDone={onDone}
      act={
        target === undefined
          ? null
          : (seen) => ({
              seen,
              run: (actions, as) =>
                actions.transfer(
                  as,
                  isInbox ? { inboxId: target.id } : { operatorId: target.id },
                  reason.trim(),
                ),
              done: isInbox
                ? texts.done.moved({ customer, inbox: name(target.name) })
                : texts.done.given({ customer, receiver: name(target.name) }),
              // Labels of the other inbox do not come back with it.
              ...(isInbox ? {} : backToHolder(seen, me)),
            })
      }
    >
      <Picker label={texts.to} choices={choices} chosen={chosen} onChoose={({ id }) => setChosen(id)} />
      <ReasonField reason={reason} onInput={setReason} />
    </ActionDialog>
  );
}

function useReceivers(id: string): readonly Receiver[] {
  const { client } = useService();
  const [receivers, setReceivers] = useState<readonly Receiver[]>([]);
  useEffect(() => {
    unwrap(client.GET('/api/v1/conversations/{id}/receivers', { params: { path: { id } } }))
      .then(({ operators }) => setReceivers(operators))
      .catch((error: unknown) => toast(messageOf(error), { isBad: true }));
  }, [client, id]);
  return receivers;
}
