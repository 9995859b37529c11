import { unwrap } from '@inbox-allocation/client';
import type { OperatorStatus, SetOperatorStatus } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { Span } from '../parts/clock.js';
import { FormDialog } from '../parts/dialog.js';
import { StatusTag } from '../parts/status-tag.js';
import { toast } from '../parts/toasts.js';
import { messageOf } from '../service/problems.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';

/** The status of the operator, and the ways to another one. */
export function StatusControl({ status }: { status: OperatorStatus }) {
  const { client, live } = useService();
  const [isPausing, setPausing] = useState(false);
  const set = async (body: SetOperatorStatus) => {
    const params = { path: { id: status.operatorId } };
    const { gracePeriods } = await unwrap(client.PUT('/api/v1/operators/{id}/status', { params, body }));
    const [first] = gracePeriods;
    toast(
      first === undefined
        ? texts.statusSet[body.status]
        : texts.graceBegins(gracePeriods.length, first.expiresAt),
    );
    live.wake();
  };
  const setNow = (body: SetOperatorStatus) => {
    set(body).catch((error: unknown) => toast(messageOf(error), { isBad: true }));
  };
  return (
    <div class="status">
      <span>
        <StatusTag status={status.status} reason={status.reason} />{' '}
        <small class="dim">
          <Span at={status.lastStatusChangeAt} />
          {status.then === 'OFFLINE' && `, ${texts.thenOffline}`}
        </small>
      </span>
      <span class="buttons" role="group" aria-label={texts.yourStatus}>
        {status.status !== 'AVAILABLE' && (
          <button type="button" class="ok" onClick={() => setNow({ status: 'AVAILABLE' })}>
            {texts.beAvailable}
          </button>
        )}
        {status.status !== 'PAUSED' && (
          <button type="button" onClick={() => setPausing(true)}>
            {texts.pause}
          </button>
        )}
        {status.status !== 'OFFLINE' && (
          <button type="button" onClick={() => setNow({ status: 'OFFLINE' })}>
            {texts.goOffline}
          </button>
        )}
      </span>
      {isPausing && <PauseDialog onClose={() => setPausing(false)} set={set} />}
    </div>
  );
}

function PauseDialog({
  onClose,
  set,
}: {
  onClose: () => void;
  set: (body: SetOperatorStatus) => Promise<void>;
}) {
  const [reason, setReason] = useState<string>(texts.pauseReasons[0]);
  const [isEnd, setEnd] = useState(false);
  return (
    <FormDialog
      title={texts.titles.pause}
      submit={texts.pauseNow}
      onClose={onClose}
      onSubmit={() =>
        set({
          status: 'PAUSED',
          ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          ...(isEnd ? { then: 'OFFLINE' } : {}),
        })
      }
    >
      <p class="dim">{texts.pauseHelp}</p>
      <fieldset>
        <legend>{texts.pauseReason}</legend>
        <div class="choices row">
          {texts.pauseReasons.map((each, i) => (
            <label key={each}>
              <input
                type="radio"
                name="reason"
                checked={each === reason}
                {...(i === 0 ? { 'data-first': true } : {})}
                onChange={() => setReason(each)}
              />
              {each}
            </label>
          ))}
        </div>
      </fieldset>
      <label>
        {texts.pauseReasonOwn}
        <input
          dir="auto"
          maxLength={50}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <label class="check">
        <input type="checkbox" checked={isEnd} onChange={(event) => setEnd(event.currentTarget.checked)} />
        {texts.endOfShift}
      </label>
    </FormDialog>
  );
}
