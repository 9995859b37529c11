import type { Board, BoardOperator } from '@inbox-allocation/client/openapi';
import { useMemo, useState } from 'preact/hooks';
import { Ago, Span } from '../parts/clock.js';
import { Load } from '../parts/load.js';
import { memo } from '../parts/memo.js';
import { go } from '../parts/place.js';
import { SearchBox } from '../parts/search-box.js';
import { Named } from '../parts/sentence.js';
import { StatusTag } from '../parts/status-tag.js';
import { useWindow } from '../parts/window.js';
import { texts } from '../texts.js';

/** The people: those who are away with work first, then those who are there. */
export function Operators({ board: { operators, attention } }: { board: Board }) {
  const [search, setSearch] = useState('');
  const graceEnds = useMemo(
    () =>
      new Map(
        attention.flatMap(({ kind, operatorId, until }) =>
          kind === 'GRACE_ENDING' && operatorId !== null && until !== null ? [[operatorId, until]] : [],
        ),
      ),
    [attention],
  );
  const sorted = useMemo(() => byUrgency(operators), [operators]);
  const wanted = search.toLocaleLowerCase();
  const matching =
    wanted === '' ? sorted : sorted.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  const { shown, more } = useWindow(matching);
  return (
    <section class="card" aria-labelledby="operators">
      <header>
        <h2 id="operators">{texts.operators}</h2>
        {operators.length > 12 && (
          <SearchBox label={texts.searchIn(texts.operators)} value={search} onInput={setSearch} />
        )}
      </header>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.name}</th>
              <th scope="col">{texts.status}</th>
              <th scope="col">{texts.load}</th>
              <th scope="col" class="n roomy">
                {texts.parked}
              </th>
              <th scope="col" class="n roomy">
                {texts.lastGiven}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((operator) => (
              <Row
                key={operator.operatorId}
                operator={operator}
                graceEnds={graceEnds.get(operator.operatorId) ?? null}
              />
            ))}
          </tbody>
        </table>
      </div>
      {wanted !== '' && matching.length === 0 && <p class="dim">{texts.nothingFound}</p>}
      {more}
    </section>
  );
}

const Row = memo(function Row({
  operator,
  graceEnds,
}: {
  operator: BoardOperator;
  graceEnds: string | null;
}) {
  const { operatorId, name, load, maxLoad, parked, lastGivenAt } = operator;
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          class="link"
          onClick={() => go({ view: 'conversations', operator: operatorId, state: 'ALLOCATED', inbox: null })}
        >
          <Named name={name} />
        </button>
      </th>
      <td>
        <StatusTag status={operator.status} reason={operator.reason} />{' '}
        <small class="dim">
          {graceEnds === null ? (
            <Span at={operator.since} />
          ) : (
            <Span at={graceEnds} say={texts.graceEndsIn} />
          )}
        </small>
      </td>
      <td>
        <Load load={load} maxLoad={maxLoad} />
      </td>
      <td class="n roomy">{parked}</td>
      <td class="n roomy">{lastGivenAt === null ? texts.never : <Ago at={lastGivenAt} />}</td>
    </tr>
  );
});

/** They come sorted by name, which decides between equals. */
function byUrgency(operators: readonly BoardOperator[]): BoardOperator[] {
  const rank = ({ status, load }: BoardOperator) => {
    if (status === 'OFFLINE') return load > 0 ? 0 : 4;
    if (status === 'PAUSED') return load > 0 ? 1 : 3;
    return 2;
  };
  return [...operators].sort((a, b) => rank(a) - rank(b) || b.load - a.load);
}
