import type { Board, BoardAttention } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { go } from '../parts/place.js';
import { name, plain, Say } from '../parts/sentence.js';
import { useTicking, now } from '../parts/clock.js';
import { useValue } from '../parts/value.js';
import { useWindow } from '../parts/window.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';

/** When there is more than this, only some of each kind are shown at first: one kind must not hide the others. */
const AT_ONCE = 8;
const OF_A_KIND = 3;

/** What is wrong, the worst first, each with the way to it. */
export function Attention({ board }: { board: Board }) {
  useValue(useService().directory.names);
  const [isWhole, setWhole] = useState(false);
  const first = firstOf(board.attention);
  const { shown, more } = useWindow(isWhole ? board.attention : first);
  return (
    <section class="card attention" aria-labelledby="attention">
      <h2 id="attention">{texts.needsAttention}</h2>
      {board.attention.length === 0 ? (
        <p class="dim">{texts.nothingNeedsAttention}</p>
      ) : (
        <ul>
          {shown.map((item) => (
            <Item
              key={`${item.kind} ${item.inboxId} ${item.kind === 'OVER_TARGET' ? '' : item.conversationId}`}
              item={item}
              board={board}
            />
          ))}
        </ul>
      )}
      {more}
      {!isWhole && first.length < board.attention.length && (
        <button type="button" class="more" onClick={() => setWhole(true)}>
          {texts.showAll(board.attention.length)}
        </button>
      )}
    </section>
  );
}

function firstOf(all: readonly BoardAttention[]): readonly BoardAttention[] {
  if (all.length <= AT_ONCE) return all;
  const count = new Map<BoardAttention['kind'], number>();
  return all.filter(({ kind }) => {
    const nth = (count.get(kind) ?? 0) + 1;
    count.set(kind, nth);
    return nth <= OF_A_KIND;
  });
}

function Item({ item, board }: { item: BoardAttention; board: Board }) {
  const { directory } = useService();
  const inbox = board.inboxes.find(({ inboxId }) => inboxId === item.inboxId);
  const inboxName = name(inbox?.name ?? texts.someInbox);
  const customer = name(item.customerName ?? texts.someCustomer);
  const holder = name(item.operatorId === null ? texts.someOperator : directory.operator(item.operatorId));
  const since = useTicking(() => texts.duration((now() - Date.parse(item.since)) / 1000));
  const left = useTicking(() =>
    texts.duration(Math.max(0, (Date.parse(item.until ?? item.since) - now()) / 1000)),
  );
  const { title, detail } = texts.attention[item.kind]({
    inbox: inboxName,
    customer,
    holder,
    since,
    left,
    waiting: inbox?.waiting ?? 0,
    late: inbox?.overTarget ?? 0,
  });
  return (
    <li class={item.kind === 'UNATTENDED' || item.kind === 'OVER_TARGET' ? 'wrong' : ''}>
      <div>
        <b>
          <Say of={title} />
        </b>
        <small class="dim">
          <Say of={detail} />
        </small>
      </div>
      <button
        type="button"
        aria-label={`${texts.show}: ${plain(title)}`}
        onClick={() =>
          item.conversationId === null
            ? go({ view: 'conversations', inbox: item.inboxId, state: 'QUEUED', sort: 'waiting' })
            : go({ open: item.conversationId })
        }
      >
        {texts.show}
      </button>
    </li>
  );
}
