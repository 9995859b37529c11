import type { Conversation } from '@inbox-allocation/client/openapi';
import { name } from '../parts/sentence.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { customerOf } from './customer.js';

export function ResolveDialog({
  conversation,
  onClose,
  onDone,
}: {
  conversation: Conversation;
  onClose: () => void;
  onDone?: () => void;
}) {
  const customer = name(customerOf(conversation));
  return (
    <ActionDialog
      title={texts.titles.resolve(customer)}
      submit={texts.resolve}
      conversation={conversation}
      onClose={onClose}
      {...(onDone === undefined ? {} : { onDone })}
      act={(seen) => ({
        seen,
        run: (actions, as) => actions.resolve(as),
        done: texts.done.resolved({ customer }),
      })}
    >
      <p>{texts.resolveHelp}</p>
    </ActionDialog>
  );
}
