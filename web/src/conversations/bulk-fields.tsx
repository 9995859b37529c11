import { unwrap } from '@inbox-allocation/client';
import type { BoardOperator, Conversation, Label } from '@inbox-allocation/client/openapi';
import { items } from '@inbox-allocation/client/pages';
import { useEffect, useState } from 'preact/hooks';
import { Picker } from '../parts/picker.js';
import { SearchBox } from '../parts/search-box.js';
import { Named } from '../parts/sentence.js';
import { toast } from '../parts/toasts.js';
import { all, useInboxes } from '../service/lists.js';
import { messageOf } from '../service/problems.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';

const SHOWN = 50;

/** One or several operators, who share the conversations by load. */
export function OperatorsField({ onChange }: { onChange: (ids: string[]) => void }) {
  const { client } = useService();
  const [operators, setOperators] = useState<readonly BoardOperator[]>([]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [search, setSearch] = useState('');
  useEffect(() => {
    unwrap(client.GET('/api/v1/board')).then(
      (board) => setOperators(availableFirst(board.operators)),
      (error: unknown) => toast(messageOf(error), { isBad: true }),
    );
  }, [client]);
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
    onChange([...next]);
  };
  const wanted = search.toLocaleLowerCase();
  const shown = operators.filter(
    ({ operatorId, name }) => chosen.has(operatorId) || name.toLocaleLowerCase().includes(wanted),
  );
  return (
    <fieldset class="picker">
      <legend>{texts.toOperators}</legend>
      <SearchBox label={texts.searchIn(texts.operators)} value={search} onInput={setSearch} />
      <div class="choices">
        {shown.slice(0, SHOWN).map(({ operatorId, name, status, load, maxLoad }) => (
          <label key={operatorId}>
            <input type="checkbox" checked={chosen.has(operatorId)} onChange={() => toggle(operatorId)} />
            <Named name={name} />
            <small>{`${texts.statuses[status]}, ${texts.loadOf(load, maxLoad)}`}</small>
          </label>
        ))}
        {shown.length > SHOWN && <p class="dim">{texts.moreMatch(shown.length - SHOWN)}</p>}
      </div>
    </fieldset>
  );
}

export function InboxField({ onChange }: { onChange: (id: string) => void }) {
  const inboxes = useInboxes();
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <Picker
      label={texts.toInbox}
      choices={inboxes}
      chosen={chosen}
      onChoose={({ id }) => {
        setChosen(id);
        onChange(id);
      }}
    />
  );
}

/** The labels of the inbox in which all of them are. */
export function LabelField({
  known,
  onChange,
}: {
  known: ReadonlyMap<string, Conversation>;
  onChange: (id: string) => void;
}) {
  const { client } = useService();
  const [labels, setLabels] = useState<readonly Label[]>([]);
  const [chosen, setChosen] = useState<string | null>(null);
  const inboxIds = [...new Set([...known.values()].map(({ inboxId }) => inboxId))];
  const [inboxId] = inboxIds;
  useEffect(() => {
    if (inboxId === undefined || inboxIds.length > 1) return;
    all(items(client, '/api/v1/inboxes/{id}/labels', { path: { id: inboxId }, query: { limit: 100 } })).then(
      setLabels,
      (error: unknown) => toast(messageOf(error), { isBad: true }),
    );
  }, [client, inboxId, inboxIds.length]);
  if (inboxIds.length > 1) return <p class="problem">{texts.oneInboxOnly}</p>;
  return (
    <Picker
      label={texts.labels}
      choices={labels}
      chosen={chosen}
      onChoose={({ id }) => {
        setChosen(id);
        onChange(id);
      }}
    />
  );
}

function availableFirst(operators: readonly BoardOperator[]): BoardOperator[] {
  const rank = { AVAILABLE: 0, PAUSED: 1, OFFLINE: 2 } as const;
  return [...operators].sort((a, b) => rank[a.status] - rank[b.status] || a.name.localeCompare(b.name));
}
