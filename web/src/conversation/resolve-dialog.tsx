import type { Conversation, Outcome } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { ReasonField } from '../parts/reason-field.js';
import { name } from '../parts/sentence.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { customerOf } from './customer.js';
import { backToHolder } from './way-back.js';

export function ResolveDialog({
  conversation,
  onClose,
  onDone,
}: {
  conversation: Conversation;
  onClose: () => void;
  onDone?: () => void;
}) {
  const { me } = useService();
  const [outcome, setOutcome] = useState<Outcome>('HANDLED');
  const [reason, setReason] = useState('');
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
        run: (actions, as) => actions.resolve(as, outcome, reason.trim()),
        done: texts.done.resolved({ customer }),
        ...backToHolder(seen, me),
      })}
    >
      <p class="dim">{texts.resolveHelp}</p>
      <OutcomeField outcome={outcome} onChoose={setOutcome} />
      <ReasonField reason={reason} onInput={setReason} />
    </ActionDialog>
  );
}

export function OutcomeField({
  outcome,
  onChoose,
}: {
  outcome: Outcome;
  onChoose: (outcome: Outcome) => void;
}) {
  return (
    <fieldset>
      <legend>{texts.howItEnded}</legend>
      <div class="choices">
        {(Object.keys(texts.outcomes) as Outcome[]).map((each, i) => (
          <label key={each}>
            <input
              type="radio"
              name="outcome"
              checked={each === outcome}
              {...(i === 0 ? { 'data-first': true } : {})}
              onChange={() => onChoose(each)}
            />
            {texts.outcomes[each]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
