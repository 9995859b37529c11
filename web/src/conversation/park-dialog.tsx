import type { Conversation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { now } from '../parts/clock.js';
import { name } from '../parts/sentence.js';
import { texts } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { customerOf } from './customer.js';

const HOUR_MS = 3_600_000;

/** Until when: a customer who writes ends it sooner. */
const UNTIL: readonly { text: string; at: () => Date | null }[] = [
  { text: texts.untilCustomer, at: () => null },
  { text: texts.untilHour, at: () => new Date(now() + HOUR_MS) },
  { text: texts.untilTomorrow, at: () => morning(1) },
  { text: texts.untilWeek, at: () => morning(7) },
];

export function ParkDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const [chosen, setChosen] = useState(0);
  const customer = name(customerOf(conversation));
  return (
    <ActionDialog
      title={texts.titles.park(customer)}
      submit={texts.park}
      conversation={conversation}
      onClose={onClose}
      act={(seen) => ({
        seen,
        run: (actions, as) => actions.park(as, UNTIL[chosen]?.at()?.toISOString() ?? null),
        done: texts.done.parked({ customer }),
        undo: (actions, after) => actions.unpark(after),
      })}
    >
      <fieldset>
        <legend>{texts.parkUntil}</legend>
        <div class="choices">
          {UNTIL.map(({ text }, i) => (
            <label key={text}>
              <input
                type="radio"
                name="until"
                checked={i === chosen}
                {...(i === 0 ? { 'data-first': true } : {})}
                onChange={() => setChosen(i)}
              />
              {text}
            </label>
          ))}
        </div>
      </fieldset>
    </ActionDialog>
  );
}

function morning(inDays: number): Date {
  const date = new Date(now());
  date.setDate(date.getDate() + inDays);
  date.setHours(9, 0, 0, 0);
  return date;
}
