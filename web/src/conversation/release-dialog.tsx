import type { Conversation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { ReasonField } from '../parts/reason-field.js';
import { name } from '../parts/sentence.js';
import { useInboxes } from '../service/lists.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { customerOf } from './customer.js';
import { backFromQueue } from './way-back.js';

export function ReleaseDialog({
  conversation,
  onClose,
  onDone,
}: {
  conversation: Conversation;
  onClose: () => void;
  onDone: () => void;
}) {
  const { me } = useService();
  const inboxes = useInboxes();
  const [reason, setReason] = useState('');
  const customer = name(customerOf(conversation));
  return (
    <ActionDialog
      title={texts.titles.release(customer)}
      submit={texts.release}
      conversation={conversation}
      onClose={onClose}
      onDone={onDone}
      act={(seen) => ({
        seen,
        run: (actions, as) => actions.release(as, reason.trim()),
        done: texts.done.deallocated({ customer }),
        ...backFromQueue(seen, inboxes, me),
      })}
    >
      <p class="dim">{texts.releaseHelp}</p>
      <ReasonField reason={reason} onInput={setReason} />
    </ActionDialog>
  );
}
