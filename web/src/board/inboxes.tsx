import type { BoardInbox } from '@inbox-allocation/client/openapi';
import { useMemo, useState } from 'preact/hooks';
import { Span } from '../parts/clock.js';
import { memo } from '../parts/memo.js';
import { go } from '../parts/place.js';
import { Named } from '../parts/sentence.js';
import { useWindow } from '../parts/window.js';
import { texts } from '../texts.js';
import { SearchBox } from '../parts/search-box.js';

/** The inboxes, those in need first. */
export function Inboxes({ inboxes }: { inboxes: readonly BoardInbox[] }) {
  const [search, setSearch] = useState('');
  const sorted = useMemo(() => byUrgency(inboxes), [inboxes]);
  const wanted = search.toLocaleLowerCase();
  const matching =
    wanted === '' ? sorted : sorted.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  const { shown, more } = useWindow(matching);
  return (
    <section class="card" aria-labelledby="inboxes">
      <header>
        <h2 id="inboxes">{texts.inboxes}</h2>
        {inboxes.length > 12 && (
          <SearchBox label={texts.searchIn(texts.inboxes)} value={search} onInput={setSearch} />
        )}
      </header>
      {inboxes.length === 0 ? (
        <p class="dim">{texts.noInboxes}</p>
      ) : (
        <div class="wide">
          <table>
            <thead>
              <tr>
                <th scope="col">{texts.inbox}</th>
                <th scope="col" class="n">
                  {texts.waitingColumn}
                </th>
                <th scope="col" class="n">
                  {texts.longest}
                </th>
                <th scope="col" class="n roomy">
                  {texts.median}
                </th>
                <th scope="col" class="n roomy">
                  {texts.ninetieth}
                </th>
                <th scope="col" class="n roomy">
                  {texts.arrived}
                </th>
                <th scope="col" class="n roomy">
                  {texts.taken}
                </th>
                <th scope="col">{texts.whoIsThere}</th>
                <th scope="col" class="roomy">
                  <span class="hidden">{texts.target}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((inbox) => (
                <Row key={inbox.inboxId} inbox={inbox} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {wanted !== '' && matching.length === 0 && <p class="dim">{texts.nothingFound}</p>}
      {more}
    </section>
  );
}

const Row = memo(function Row({ inbox }: { inbox: BoardInbox }) {
  const { oldestWaitingSince, oldestConversationId, operators, waiting } = inbox;
  const isLate = inbox.overTarget > 0;
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          class="link"
          onClick={() =>
            go({ view: 'conversations', inbox: inbox.inboxId, state: 'QUEUED', sort: 'waiting' })
          }
        >
          <Named name={inbox.name} />
        </button>
      </th>
      <td class="n">{texts.number(waiting)}</td>
      <td class={`n ${isLate ? 'bad' : ''}`}>
        {oldestWaitingSince !== null && (
          <button type="button" class="link" onClick={() => go({ open: oldestConversationId })}>
            <Span at={oldestWaitingSince} />
          </button>
        )}
      </td>
      <td class="n roomy">{inbox.waitP50 !== null && texts.duration(inbox.waitP50)}</td>
      <td class="n roomy">{inbox.waitP90 !== null && texts.duration(inbox.waitP90)}</td>
      <td class="n roomy">{texts.number(inbox.arrivals)}</td>
      <td class="n roomy">{texts.number(inbox.given)}</td>
      <td class={waiting > 0 && operators.available === 0 ? 'warn' : ''}>
        <span class="one-line">{texts.whoIsThereOf(operators)}</span>
        {operators.available > 0 && <span class="roomy">{texts.andRoom(inbox.freeCapacity)}</span>}
      </td>
      <td class="roomy">
        {isLate && <span class="tag bad">{texts.countOverTarget(inbox.overTarget)}</span>}
      </td>
    </tr>
  );
});

/** They come sorted by name, which decides between equals. */
function byUrgency(inboxes: readonly BoardInbox[]): BoardInbox[] {
  const isAlone = ({ waiting, operators }: BoardInbox) => Number(waiting > 0 && operators.available === 0);
  const LAST = '9';
  return [...inboxes].sort(
    (a, b) =>
      Number(b.overTarget > 0) - Number(a.overTarget > 0) ||
      isAlone(b) - isAlone(a) ||
      (a.oldestWaitingSince ?? LAST).localeCompare(b.oldestWaitingSince ?? LAST),
  );
}
