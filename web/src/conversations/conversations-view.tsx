import { unwrap } from '@inbox-allocation/client';
import type { Conversation } from '@inbox-allocation/client/openapi';
import { useEffect, useState } from 'preact/hooks';
import { OpenConversation } from '../conversation/open-conversation.js';
import { now } from '../parts/clock.js';
import { usePlace } from '../parts/place.js';
import { useNarrow } from '../parts/use-narrow.js';
import { FEWEST, useSearch } from '../service/search.js';
import { messageOf } from '../service/problems.js';
import { useFresh, useService, type Service } from '../service/service.js';
import { texts } from '../texts.js';
import { BulkBar } from './bulk-bar.js';
import { ConversationTable } from './conversation-table.js';
import { FilterForm } from './filter-form.js';
import { filtersIn, queryOf, type Filters } from './filters.js';

const PAGE = 50;

/** All conversations: to look for one, or to do something with many. */
export function ConversationsView() {
  const service = useService();
  const place = usePlace();
  const filters = filtersIn(place);
  const key = JSON.stringify(filters);
  const [pages, setPages] = useState(1);
  useEffect(() => setPages(1), [key]);
  const { data, error, behindMs } = useFresh(`list ${key} ${pages}`, () => read(service, filters, pages));
  const search = useSearch();
  const [selected, setSelected] = useState<ReadonlyMap<string, Conversation>>(new Map());
  const [isAllSelected, setAllSelected] = useState(false);
  useEffect(() => {
    setSelected(new Map());
    setAllSelected(false);
  }, [key, search.text]);
  useEffect(() => {
    if (data !== null) service.live.figures.set({ asOf: data.asOf, behindMs });
  }, [data]);
  const isNarrow = useNarrow();
  const isCovered = place.has('open') && isNarrow;
  const isSearching = search.text.trim().length >= FEWEST;
  const shown = isSearching ? search.found : (data?.conversations ?? null);
  const problem = isSearching ? search.problem : error === null ? null : messageOf(error);
  const clear = () => {
    setSelected(new Map());
    setAllSelected(false);
  };
  return (
    <main class="board conversations">
      <h1 class="hidden">{texts.conversations}</h1>
      <aside>
        <OpenConversation of="board" />
      </aside>
      <div class="rest" inert={isCovered}>
        <section class="card" aria-label={texts.conversations}>
          <FilterForm filters={filters} search={search} />
          {problem !== null && (
            <p class="problem" role="status">
              {problem}
            </p>
          )}
          {shown === null && problem === null && (
            <p class="dim" role="status">
              {texts.loading}
            </p>
          )}
          {shown !== null && (
            <ConversationTable
              conversations={shown}
              open={place.get('open')}
              selected={selected}
              onSelect={(next) => {
                setSelected(next);
                setAllSelected(false);
              }}
            />
          )}
          {!isSearching && data?.hasMore === true && (
            <button type="button" class="more" onClick={() => setPages(pages + 1)}>
              {texts.showMoreOf(data.total)}
            </button>
          )}
        </section>
        {(selected.size > 0 || isAllSelected) && (
          <BulkBar
            selected={selected}
            filters={isAllSelected ? queryOf(filters) : null}
            total={isSearching ? null : (data?.total ?? null)}
            onSelectAll={
              !isSearching && !isAllSelected && data?.hasMore === true && selected.size === shown?.length
                ? () => setAllSelected(true)
                : null
            }
            onClear={clear}
          />
        )}
      </div>
    </main>
  );
}

async function read({ client, directory }: Service, filters: Filters, pages: number) {
  const query = { ...queryOf(filters), sort: filters.sort, limit: PAGE };
  const first = await unwrap(
    client.GET('/api/v1/conversations', { params: { query: { ...query, count: true } } }),
  );
  const conversations = [...first.data];
  let cursor = first.nextCursor;
  for (let page = 1; page < pages && cursor !== null; page++) {
    const more = await unwrap(
      client.GET('/api/v1/conversations', { params: { query: { ...query, cursor } } }),
    );
    conversations.push(...more.data);
    cursor = more.nextCursor;
  }
  directory.note(conversations.map(({ inboxId, inboxName }) => [inboxId, inboxName]));
  return {
    conversations,
    hasMore: cursor !== null,
    total: first.total ?? first.totalIsAtLeast ?? null,
    asOf: now(),
  };
}
