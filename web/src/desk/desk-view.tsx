import { unwrap } from '@inbox-allocation/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { OpenConversation } from '../conversation/open-conversation.js';
import { customerOf } from '../conversation/customer.js';
import { now } from '../parts/clock.js';
import { go, usePlace } from '../parts/place.js';
import { name } from '../parts/sentence.js';
import { toast } from '../parts/toasts.js';
import { useKeys } from '../parts/use-keys.js';
import { useNarrow } from '../parts/use-narrow.js';
import { actionsOf } from '../service/actions.js';
import { messageOf } from '../service/problems.js';
import { useSearch } from '../service/search.js';
import { useFresh, useService, type Service } from '../service/service.js';
import { texts } from '../texts.js';
import { HelpDialog } from './help-dialog.js';
import { DeskLists, moveFocus } from './desk-lists.js';
import { SearchResults } from './search-results.js';
import { StatusControl } from './status-control.js';
import { SoundSwitch, useArrivals } from './arrivals.js';

const MOST = 100;
const MOST_WAITING = 50;

/** What an operator works with: their status, the next one, what is theirs, and what waits. */
export function DeskView({ operatorId }: { operatorId: string }) {
  const service = useService();
  const { client, live, me } = service;
  const { data, error, behindMs } = useFresh('desk', () => read(service, operatorId));
  const [isHelping, setHelping] = useState(false);
  const search = useSearch();
  const searchBox = useRef<HTMLInputElement>(null);
  const open = usePlace().get('open');
  const isNarrow = useNarrow();
  const isCovered = open !== null && isNarrow;
  const arrivals = useArrivals(data?.mine ?? null, open);
  useEffect(() => {
    if (data !== null) live.figures.set({ asOf: data.asOf, behindMs });
  }, [data]);
  const unread = arrivals.unread.size;
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${texts.title(texts.desk, me.tenantName)}`;
  }, [unread, me]);
  const next = async () => {
    try {
      const conversation = await actionsOf(client).allocate();
      if (conversation === null) {
        toast(texts.nothingWaits);
        return;
      }
      arrivals.expect(conversation.id);
      toast(texts.done.taken({ customer: name(customerOf(conversation)) }));
      go({ open: conversation.id });
    } catch (failure) {
      toast(messageOf(failure), { isBad: true });
    } finally {
      live.wake();
    }
  };
  useKeys({
    n: () => void next(),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    '/': () => searchBox.current?.focus(),
    '?': () => setHelping(true),
    Escape: () => go({ open: null }),
  });
  if (data === null)
    return (
      <main class="alone">
        <p role="status">{error === null ? texts.loading : messageOf(error)}</p>
      </main>
    );
  return (
    <main class="board desk">
      <h1 class="hidden">{texts.desk}</h1>
      <aside>
        <OpenConversation of="desk" />
        {open === null && <p class="card dim nothing-open">{texts.nothingOpen}</p>}
      </aside>
      <div class="rest" inert={isCovered}>
        {error !== null && (
          <p class="problem" role="status">
            {messageOf(error)}
          </p>
        )}
        <section class="card bar-of-desk" aria-label={texts.yourStatus}>
          <StatusControl status={data.status} />
          <button type="button" class="main next" aria-keyshortcuts="n" onClick={() => void next()}>
            {texts.next(data.waiting.length, data.hasMore)}
          </button>
          <input
            ref={searchBox}
            type="search"
            dir="auto"
            aria-label={texts.searchConversations}
            aria-keyshortcuts="/"
            placeholder={texts.search}
            value={search.text}
            onInput={(event) => search.set(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') {
                search.set('');
                event.currentTarget.blur();
              }
            }}
          />
          <SoundSwitch />
          <button type="button" aria-keyshortcuts="?" onClick={() => setHelping(true)}>
            {texts.keys}
          </button>
        </section>
        {search.text === '' ? (
          <DeskLists {...data} unread={arrivals.unread} open={open} />
        ) : (
          <SearchResults search={search} open={open} />
        )}
      </div>
      {isHelping && <HelpDialog onClose={() => setHelping(false)} />}
    </main>
  );
}

async function read({ client, directory }: Service, operatorId: string) {
  const query = {
    assignedOperatorId: [operatorId],
    state: ['ALLOCATED' as const],
    limit: MOST,
    sort: 'oldest' as const,
  };
  const [status, mine, queue] = await Promise.all([
    unwrap(client.GET('/api/v1/operators/{id}/status', { params: { path: { id: operatorId } } })),
    unwrap(client.GET('/api/v1/conversations', { params: { query } })),
    unwrap(client.GET('/api/v1/allocation/queue', { params: { query: { limit: MOST_WAITING } } })),
  ]);
  directory.note([...mine.data, ...queue.data].map(({ inboxId, inboxName }) => [inboxId, inboxName]));
  return { status, mine: mine.data, waiting: queue.data, hasMore: queue.hasMore, asOf: now() };
}
