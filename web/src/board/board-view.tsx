import { unwrap } from '@inbox-allocation/client';
import { useEffect } from 'preact/hooks';
import { OpenConversation } from '../conversation/open-conversation.js';
import { usePlace } from '../parts/place.js';
import { useNarrow } from '../parts/use-narrow.js';
import { messageOf } from '../service/problems.js';
import { useFresh, useService } from '../service/service.js';
import { texts } from '../texts.js';
import { Attention } from './attention.js';
import { Chart } from './chart.js';
import { Figures } from './figures.js';
import { Inboxes } from './inboxes.js';
import { Operators } from './operators.js';

/** One glance: is anything wrong, who is it, what do I do. */
export function BoardView() {
  const { client, directory, live } = useService();
  const { data: board, error, behindMs } = useFresh('board', () => unwrap(client.GET('/api/v1/board')));
  const isNarrow = useNarrow();
  const isCovered = usePlace().has('open') && isNarrow;
  useEffect(() => {
    if (board === null) return;
    live.figures.set({ asOf: Date.parse(board.asOf), behindMs });
    directory.note(board.inboxes.map(({ inboxId, name }) => [inboxId, name]));
    directory.note(board.operators.map(({ operatorId, name }) => [operatorId, name]));
  }, [board]);
  if (board === null)
    return (
      <main class="alone">
        <p role="status">{error === null ? texts.loading : messageOf(error)}</p>
      </main>
    );
  return (
    <main class="board" data-as-of={board.asOf}>
      <h1 class="hidden">{texts.board}</h1>
      <aside>
        <OpenConversation of="board" />
        <div class="rest" inert={isCovered}>
          <Attention board={board} />
        </div>
      </aside>
      <div class="rest" inert={isCovered}>
        {error !== null && (
          <p class="problem" role="status">
            {messageOf(error)}
          </p>
        )}
        <Figures board={board} />
        <Inboxes inboxes={board.inboxes} />
        <Chart hour={board.lastHour} />
        <Operators board={board} />
      </div>
    </main>
  );
}
