import { unwrap, type InboxClient } from '@inbox-allocation/client';
import type { Conversation } from '@inbox-allocation/client/openapi';
import { useEffect, useState } from 'preact/hooks';
import { Picker, type Choice } from '../parts/picker.js';
import { ReasonField } from '../parts/reason-field.js';
import { name } from '../parts/sentence.js';
import { toast } from '../parts/toasts.js';
import { useInboxes } from '../service/lists.js';
import { messageOf } from '../service/problems.js';
import { useService } from '../service/service.js';
import { supervises } from '../session/session.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { customerOf } from './customer.js';

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
  const colleagues = useColleagues();
  const inboxes = useInboxes().filter(({ id }) => id !== conversation.inboxId);
  const [chosen, setChosen] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const customer = name(customerOf(conversation));
  const choices: Choice[] = [
    ...colleagues.map((each) => ({ ...each, note: texts.colleague })),
    ...inboxes.map(({ id, name: inbox }) => ({ id, name: inbox, note: texts.inbox })),
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
            })
      }
    >
      <Picker label={texts.to} choices={choices} chosen={chosen} onChoose={({ id }) => setChosen(id)} />
      <ReasonField reason={reason} onInput={setReason} />
    </ActionDialog>
  );
}

function useColleagues(): readonly Choice[] {
  const { client, me } = useService();
  const [colleagues, setColleagues] = useState<readonly Choice[]>([]);
  useEffect(() => {
    readColleagues(client, supervises(me))
      .then((found) => setColleagues(found.filter(({ id }) => id !== me.operatorId)))
      .catch((error: unknown) => toast(messageOf(error), { isBad: true }));
  }, [client]);
  return colleagues;
}

/** Only supervisors may list operators. Others know those whose conversations they see. */
async function readColleagues(client: InboxClient, maySeeAll: boolean): Promise<Choice[]> {
  const names = new Map<string, string>();
  if (maySeeAll) {
    const { operators } = await unwrap(client.GET('/api/v1/board'));
    for (const { operatorId, name } of operators) names.set(operatorId, name);
  } else {
    const { data } = await unwrap(client.GET('/api/v1/conversations', { params: { query: { limit: 100 } } }));
    for (const each of data) {
      if (each.assignedOperatorId !== null)
        names.set(each.assignedOperatorId, each.assignedOperatorName ?? '');
      if (each.lastOperatorId !== null) names.set(each.lastOperatorId, each.lastOperatorName ?? '');
    }
  }
  return [...names].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
}
