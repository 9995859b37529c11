import type { Conversation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { go } from '../parts/place.js';
import { name, Say } from '../parts/sentence.js';
import { useKeys } from '../parts/use-keys.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import { customerOf } from './customer.js';
import { LabelDialog } from './labels.js';
import { ParkDialog } from './park-dialog.js';
import { ReleaseDialog } from './release-dialog.js';
import { ResolveDialog } from './resolve-dialog.js';
import { TransferDialog } from './transfer-dialog.js';
import { useActNow } from './use-act.js';

type Open = 'resolve' | 'park' | 'release' | 'transfer' | 'label';

/** What an operator can do with it. */
export function DeskActions({ conversation }: { conversation: Conversation }) {
  const { me } = useService();
  if (conversation.assignedOperatorId === me.operatorId) return <Mine conversation={conversation} />;
  return <OfOthers conversation={conversation} />;
}

function OfOthers({ conversation }: { conversation: Conversation }) {
  const act = useActNow();
  const { state, assignedOperatorName } = conversation;
  const customer = name(customerOf(conversation));
  const take = () =>
    act({
      seen: conversation,
      run: (actions, seen) => actions.claim(seen),
      done: texts.done.taken({ customer }),
    });
  useKeys(state === 'QUEUED' ? { a: take } : {});
  if (state === 'RESOLVED') return null;
  if (state === 'ALLOCATED')
    return (
      <p class="why">
        <Say of={texts.why.held(customer, assignedOperatorName, conversation)} />
      </p>
    );
  return (
    <div class="actions" role="group" aria-label={texts.actions}>
      <button type="button" class="main" onClick={take}>
        {texts.take}
      </button>
    </div>
  );
}

function Mine({ conversation }: { conversation: Conversation }) {
  const [open, setOpen] = useState<Open | null>(null);
  const act = useActNow();
  const { acceptBy, isParked, parkedUntil } = conversation;
  const customer = name(customerOf(conversation));
  const close = () => setOpen(null);
  const left = () => go({ open: null });
  const accept = () =>
    act({
      seen: conversation,
      run: (actions, seen) => actions.accept(seen),
      done: texts.done.accepted({ customer }),
    });
  const unpark = () =>
    act({
      seen: conversation,
      run: (actions, seen) => actions.unpark(seen),
      done: texts.done.unparked({ customer }),
      undo: (actions, after) => actions.park(after, parkedUntil),
    });
  const show = (what: Open) => () => setOpen(what);
  useKeys({
    a: acceptBy === null ? undefined : accept,
    r: show('resolve'),
    p: isParked ? unpark : show('park'),
    t: show('transfer'),
    l: show('label'),
  });
  const button = (text: string, key: string, onClick: () => void, isMain = false) => (
    <button type="button" class={isMain ? 'main' : ''} aria-keyshortcuts={key} onClick={onClick}>
      {text}
    </button>
  );
  const props = { conversation, onClose: close };
  return (
    <div class="actions" role="group" aria-label={texts.actions}>
      {acceptBy !== null && button(texts.accept, 'a', accept, true)}
      {button(texts.resolve, 'r', show('resolve'), acceptBy === null)}
      {isParked ? button(texts.unpark, 'p', unpark) : button(texts.park, 'p', show('park'))}
      {button(texts.transfer, 't', show('transfer'))}
      <button type="button" onClick={show('release')}>
        {texts.release}
      </button>
      {button(texts.label, 'l', show('label'))}
      {open === 'resolve' && <ResolveDialog {...props} onDone={left} />}
      {open === 'park' && <ParkDialog {...props} />}
      {open === 'release' && <ReleaseDialog {...props} onDone={left} />}
      {open === 'transfer' && <TransferDialog {...props} onDone={left} />}
      {open === 'label' && <LabelDialog {...props} />}
    </div>
  );
}
