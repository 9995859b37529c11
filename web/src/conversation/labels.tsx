import { isProblem } from '@inbox-allocation/client';
import type { Conversation, Label } from '@inbox-allocation/client/openapi';
import { items } from '@inbox-allocation/client/pages';
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.js';
import { say, name } from '../parts/sentence.js';
import { LabelTag } from '../parts/label-tag.js';
import { messageOf } from '../service/problems.js';
import { all as collect } from '../service/lists.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import { customerOf } from './customer.js';
import { useAct } from './use-act.js';

export function Labels({ conversation: { labels } }: { conversation: Conversation }) {
  if (labels.length === 0) return null;
  return (
    <ul class="labels" aria-label={texts.labels}>
      {labels.map((label) => (
        <li key={label.id}>
          <LabelTag label={label} />
        </li>
      ))}
    </ul>
  );
}

/** Attaches and detaches the labels of the inbox, each at once. */
export function LabelDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const { client } = useService();
  const act = useAct();
  const [all, setAll] = useState<readonly Label[] | null>(null);
  const [problem, setProblem] = useState('');
  const { inboxId } = conversation;
  useEffect(() => {
    void collect(
      items(client, '/api/v1/inboxes/{id}/labels', { path: { id: inboxId }, query: { limit: 100 } }),
    )
      .then(setAll)
      .catch((error: unknown) =>
        setProblem(isProblem(error, 'NOT_FOUND') ? texts.notVisible : messageOf(error)),
      );
  }, [inboxId]);
  // What was just clicked shows at once, before the service has done it.
  const [clicked, setClicked] = useState<ReadonlyMap<string, boolean>>(new Map());
  const isAttached = ({ id }: Label) => clicked.get(id) ?? conversation.labels.some((each) => each.id === id);
  useEffect(() => setClicked(new Map()), [conversation.version]);
  const toggle = (label: Label) => {
    const isOn = isAttached(label);
    setClicked(new Map([...clicked, [label.id, !isOn]]));
    const what = { name: name(label.name), customer: name(customerOf(conversation)) };
    act({
      seen: conversation,
      run: (actions, seen) => (isOn ? actions.unlabel(seen, label.id) : actions.label(seen, label.id)),
      done: isOn ? texts.done.unlabelled(what) : texts.done.labelled(what),
      undo: (actions, after) => (isOn ? actions.label(after, label.id) : actions.unlabel(after, label.id)),
    }).catch((error: unknown) => {
      setClicked(new Map());
      setProblem(messageOf(error));
    });
  };
  return (
    <Dialog title={say`${texts.labelsOf} ${name(customerOf(conversation))}`} onClose={onClose}>
      <p class="problem" role="status">
        {problem}
      </p>
      {all?.length === 0 && <p class="dim">{texts.noLabels}</p>}
      <div class="choices">
        {all?.map((label, i) => (
          <label key={label.id}>
            <input
              type="checkbox"
              checked={isAttached(label)}
              {...(i === 0 ? { 'data-first': true } : {})}
              onChange={() => toggle(label)}
            />
            <LabelTag label={label} />
          </label>
        ))}
      </div>
      <div class="buttons">
        <button type="button" class="main" onClick={onClose}>
          {texts.close}
        </button>
      </div>
    </Dialog>
  );
}
