import { unwrap } from '@inbox-allocation/client';
import type { BulkAction, BulkPlan, BulkRequest, Conversation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { BoostFields } from '../conversation/boost-dialog.js';
import { OutcomeField } from '../conversation/resolve-dialog.js';
import { Dialog, FormDialog } from '../parts/dialog.js';
import { ReasonField } from '../parts/reason-field.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import type { BulkType } from './bulk-bar.js';
import { BulkRun } from './bulk-run.js';
import { PlanInWords } from './plan-in-words.js';
import { InboxField, LabelField, OperatorsField } from './bulk-fields.js';

interface BulkDialogProps {
  type: BulkType;
  select: NonNullable<BulkRequest['select']>;
  /** The conversations whose names are known. */
  known: ReadonlyMap<string, Conversation>;
  onClose: () => void;
  onDone: () => void;
}

/** Asks what to do, shows what would happen, does it. */
export function BulkDialog({ type, select, known, onClose, onDone }: BulkDialogProps) {
  const { client } = useService();
  const [details, setDetails] = useState<Omit<BulkAction, 'type'> | null>(initialDetails(type));
  const [reason, setReason] = useState('');
  const [plan, setPlan] = useState<BulkPlan | null>(null);
  const [isRunning, setRunning] = useState(false);
  const title = texts.bulkTitles[type];
  if (plan === null)
    return (
      <FormDialog
        title={title}
        submit={texts.whatWouldHappen}
        onClose={onClose}
        canSubmit={details !== null}
        staysOpen
        onSubmit={async () => {
          const action = { type, ...details };
          const body = {
            select,
            action,
            dryRun: true,
            ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          };
          const planned = await unwrap(client.POST('/api/v1/allocation/bulk', { body }));
          setPlan(planned);
        }}
      >
        {type === 'reassign' && (
          <OperatorsField
            onChange={(operatorIds) => setDetails(operatorIds.length === 0 ? null : { operatorIds })}
          />
        )}
        {type === 'move' && <InboxField onChange={(inboxId) => setDetails({ inboxId })} />}
        {type === 'label' && <LabelField known={known} onChange={(labelId) => setDetails({ labelId })} />}
        {type === 'boost' && (
          <BoostFields minutes={details?.minutes ?? 0} setMinutes={(minutes) => setDetails({ minutes })} />
        )}
        {type === 'resolve' && (
          <OutcomeField
            outcome={details?.outcome ?? 'HANDLED'}
            onChoose={(outcome) => setDetails({ outcome })}
          />
        )}
        <ReasonField reason={reason} onInput={setReason} />
      </FormDialog>
    );
  if (isRunning)
    return (
      <Dialog title={title} onClose={onDone}>
        <BulkRun planId={plan.planId} known={known} onClose={onDone} />
      </Dialog>
    );
  const changing = plan.items.filter(
    ({ would, refusal }) => refusal === null && would?.changes === true,
  ).length;
  return (
    <FormDialog
      title={title}
      submit={texts.runFor(changing)}
      onClose={onClose}
      canSubmit={changing > 0}
      staysOpen
      onSubmit={async () => {
        await unwrap(client.POST('/api/v1/allocation/bulk', { body: { planId: plan.planId } }));
        setRunning(true);
      }}
    >
      <PlanInWords plan={plan} known={known} />
    </FormDialog>
  );
}

/** What the action needs beside its type; null while something is missing. */
function initialDetails(type: BulkType): Omit<BulkAction, 'type'> | null {
  if (type === 'boost') return { minutes: 120 };
  if (type === 'resolve') return { outcome: 'HANDLED' };
  return type === 'deallocate' ? {} : null;
}
