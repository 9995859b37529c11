import type { Conversation, Explanation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { name, plain, Say } from '../parts/sentence.js';
import { texts } from '../texts.js';
import { readyOf, type Candidate } from './candidates.js';
import { customerOf } from './customer.js';
import { BoostDialog } from './boost-dialog.js';
import { GiveDialog, giveTo } from './give-dialog.js';
import { LabelDialog } from './labels.js';
import { MoveDialog } from './move-dialog.js';
import { ResolveDialog } from './resolve-dialog.js';
import { useActNow } from './use-act.js';

type Open = 'give' | 'move' | 'boost' | 'label' | 'resolve';

/** The best candidates get a button each. */
const QUICK = 3;

/** What a supervisor can do with it. */
export function BoardActions({
  conversation,
  explanation,
}: {
  conversation: Conversation;
  explanation: Explanation | null;
}) {
  const [open, setOpen] = useState<Open | null>(null);
  const act = useActNow();
  const { state, assignedOperatorId } = conversation;
  const quick = explanation === null || state !== 'QUEUED' ? [] : readyOf(explanation).slice(0, QUICK);
  const close = () => setOpen(null);
  const props = { conversation, onClose: close };
  const takeBack = (holderId: string) =>
    act({
      seen: conversation,
      run: (actions, seen) => actions.deallocate(seen),
      done: texts.done.deallocated({ customer: name(customerOf(conversation)) }),
      undo: (actions, after) => actions.assign(after, holderId, true),
    });
  return (
    <div class="actions" role="group" aria-label={texts.actions}>
      {quick.map((candidate, i) => (
        <GiveButton
          key={candidate.operatorId}
          candidate={candidate}
          isMain={i === 0}
          onClick={() => act(giveTo(conversation, candidate))}
        />
      ))}
      <button type="button" onClick={() => setOpen('give')}>
        {texts.giveTo}
      </button>
      {state === 'ALLOCATED' && assignedOperatorId !== null && (
        <button type="button" onClick={() => takeBack(assignedOperatorId)}>
          {texts.backToQueue}
        </button>
      )}
      <button type="button" onClick={() => setOpen('move')}>
        {texts.move}
      </button>
      <button type="button" onClick={() => setOpen('boost')}>
        {texts.boost}
      </button>
      <button type="button" onClick={() => setOpen('label')}>
        {texts.label}
      </button>
      {state !== 'RESOLVED' && (
        <button type="button" onClick={() => setOpen('resolve')}>
          {texts.resolve}
        </button>
      )}
      {open === 'give' && explanation !== null && <GiveDialog {...props} explanation={explanation} />}
      {open === 'move' && <MoveDialog {...props} />}
      {open === 'boost' && <BoostDialog {...props} />}
      {open === 'label' && <LabelDialog {...props} />}
      {open === 'resolve' && <ResolveDialog {...props} />}
    </div>
  );
}

function GiveButton({
  candidate,
  isMain,
  onClick,
}: {
  candidate: Candidate;
  isMain: boolean;
  onClick: () => void;
}) {
  const text = texts.giveToName(name(candidate.name));
  return (
    <button type="button" class={`give ${isMain ? 'main' : ''}`} title={plain(text)} onClick={onClick}>
      <Say of={text} />
    </button>
  );
}
