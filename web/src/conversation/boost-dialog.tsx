import type { Conversation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { ReasonField } from '../parts/reason-field.js';
import { name } from '../parts/sentence.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { customerOf } from './customer.js';

const MINUTES = [30, 120, 1_440, 0];

export function BoostDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const [minutes, setMinutes] = useState(120);
  const [reason, setReason] = useState('');
  const customer = name(customerOf(conversation));
  return (
    <ActionDialog
      title={texts.titles.boost(customer)}
      submit={texts.boost}
      conversation={conversation}
      onClose={onClose}
      act={(seen) => ({
        seen,
        run: (actions, as) => actions.boost(as, minutes, reason.trim()),
        done: texts.done.boosted({ customer, minutes }),
        undo: (actions, after) => actions.boost(after, seen.boostMinutes, ''),
      })}
    >
      <BoostFields minutes={minutes} setMinutes={setMinutes} />
      <ReasonField reason={reason} onInput={setReason} />
    </ActionDialog>
  );
}

export function BoostFields({
  minutes,
  setMinutes,
}: {
  minutes: number;
  setMinutes: (minutes: number) => void;
}) {
  return (
    <fieldset>
      <legend>{texts.boostBy}</legend>
      <div class="choices row">
        {MINUTES.map((each, i) => (
          <label key={each}>
            <input
              type="radio"
              name="minutes"
              checked={each === minutes}
              {...(i === 0 ? { 'data-first': true } : {})}
              onChange={() => setMinutes(each)}
            />
            {each === 0 ? texts.noBoost : texts.duration(each * 60)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
