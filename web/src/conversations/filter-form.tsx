import { unwrap } from '@inbox-allocation/client';
import type { Board } from '@inbox-allocation/client/openapi';
import { useEffect, useState } from 'preact/hooks';
import { SearchBox } from '../parts/search-box.js';
import type { Search } from '../service/search.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import { filterBy, SORTS, STATES, type Filters, type StateFilter } from './filters.js';

/** Which conversations to show. The names come from one look at the board. */
export function FilterForm({ filters, search }: { filters: Filters; search: Search }) {
  const { client, directory } = useService();
  const [names, setNames] = useState<Pick<Board, 'inboxes' | 'operators'>>({ inboxes: [], operators: [] });
  useEffect(() => {
    unwrap(client.GET('/api/v1/board')).then(
      (board) => {
        directory.note(board.inboxes.map(({ inboxId, name }) => [inboxId, name]));
        directory.note(board.operators.map(({ operatorId, name }) => [operatorId, name]));
        setNames(board);
      },
      // The list itself says what is wrong.
      () => null,
    );
  }, [client]);
  const { state, sort } = filters;
  return (
    <div class="filters" role="search">
      <label class="grow">
        {texts.searchAll}
        <SearchBox label={texts.searchConversations} value={search.text} onInput={search.set} />
      </label>
      <label>
        {texts.state}
        <select value={state} onChange={(event) => filterBy({ state: event.currentTarget.value })}>
          {(Object.keys(STATES) as StateFilter[]).map((each) => (
            <option key={each} value={each}>
              {texts.stateFilters[each]}
            </option>
          ))}
        </select>
      </label>
      <Choice
        label={texts.inbox}
        all={texts.allInboxes}
        value={filters.inbox}
        choices={names.inboxes.map(({ inboxId, name }) => ({ id: inboxId, name }))}
        onChange={(inbox) => filterBy({ inbox })}
      />
      <Choice
        label={texts.operator}
        all={texts.everybody}
        value={filters.operator}
        choices={names.operators.map(({ operatorId, name }) => ({ id: operatorId, name }))}
        onChange={(operator) => filterBy({ operator })}
      />
      <label>
        {texts.label}
        <input
          dir="auto"
          value={filters.label}
          placeholder={texts.anyLabel}
          onChange={(event) => filterBy({ label: event.currentTarget.value.trim() })}
        />
      </label>
      <label>
        {texts.sort}
        <select value={sort} onChange={(event) => filterBy({ sort: event.currentTarget.value })}>
          {SORTS.filter((each) => each !== 'waiting' || state === 'QUEUED').map((each) => (
            <option key={each} value={each}>
              {texts.sorts[each]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Choice({
  label,
  all,
  value,
  choices,
  onChange,
}: {
  label: string;
  all: string;
  value: string | null;
  choices: readonly { id: string; name: string }[];
  onChange: (id: string | null) => void;
}) {
  const isKnown = value === null || choices.some(({ id }) => id === value);
  return (
    <label>
      {label}
      <select
        value={value ?? ''}
        onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? null : currentTarget.value)}
      >
        <option value="">{all}</option>
        {!isKnown && <option value={value}>{texts.loading}</option>}
        {choices.map(({ id, name }) => (
          <option key={id} value={id} dir="auto">
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
