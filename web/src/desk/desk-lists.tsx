import type { Conversation } from '@inbox-allocation/client/openapi';
import { useActNow } from '../conversation/use-act.js';
import { customerOf } from '../conversation/customer.js';
import { Ago, Span } from '../parts/clock.js';
import { go } from '../parts/place.js';
import { name, Named, plain } from '../parts/sentence.js';
import { useWindow } from '../parts/window.js';
import { texts } from '../texts.js';

/** What is mine, by who waits for whom, and what waits in my inboxes. */
export function DeskLists({
  mine,
  waiting,
  hasMore,
  unread,
  open,
}: {
  mine: readonly Conversation[];
  waiting: readonly Conversation[];
  hasMore: boolean;
  unread: ReadonlySet<string>;
  open: string | null;
}) {
  const act = useActNow();
  const { forMe, forCustomer, parked } = byWhoWaits(mine);
  const group = (title: string, conversations: readonly Conversation[]) =>
    conversations.length > 0 && (
      <>
        <h3>{title}</h3>
        <ul class="items">
          {conversations.map((each) => (
            <Item key={each.id} conversation={each} isOpen={each.id === open} isNew={unread.has(each.id)} />
          ))}
        </ul>
      </>
    );
  const { shown, more } = useWindow(waiting);
  return (
    <>
      <section class="card" aria-labelledby="mine">
        <h2 id="mine">{texts.mine(mine.length)}</h2>
        {mine.length === 0 && <p class="dim">{texts.nothingMine}</p>}
        {group(texts.waitsForYou, forMe)}
        {group(texts.waitsForCustomer, forCustomer)}
        {group(texts.parked, parked)}
      </section>
      <section class="card" aria-labelledby="queue">
        <h2 id="queue">{texts.waitingInInboxes(waiting.length, hasMore)}</h2>
        {waiting.length === 0 && <p class="dim">{texts.nothingWaits}</p>}
        <ul class="items">
          {shown.map((each) => (
            <Item key={each.id} conversation={each} isOpen={each.id === open}>
              <button
                type="button"
                aria-label={plain(texts.takeName(name(customerOf(each))))}
                onClick={() =>
                  act({
                    seen: each,
                    run: (actions, seen) => actions.claim(seen),
                    done: texts.done.taken({ customer: name(customerOf(each)) }),
                  })
                }
              >
                {texts.take}
              </button>
            </Item>
          ))}
        </ul>
        {more}
      </section>
    </>
  );
}

/** A conversation in a list. j and k move between them. */
export function Item({
  conversation,
  isOpen,
  isNew = false,
  children,
}: {
  conversation: Conversation;
  isOpen: boolean;
  isNew?: boolean;
  children?: preact.ComponentChildren;
}) {
  return (
    <li class={isOpen ? 'open' : ''}>
      <button
        type="button"
        class="item"
        data-item
        {...(isOpen ? { 'aria-current': 'true' as const } : {})}
        onClick={() => go({ open: conversation.id })}
      >
        <span class="who">
          <Named name={customerOf(conversation)} />
          {isNew && <span class="tag ok">{texts.new}</span>}
        </span>
        <small class="dim">
          <bdi>{conversation.inboxName}</bdi> · <State conversation={conversation} />
        </small>
      </button>
      {children}
    </li>
  );
}

function State({ conversation }: { conversation: Conversation }) {
  const { state, acceptBy, isParked, parkedUntil, awaitingReplySince, lastMessageAt } = conversation;
  if (state === 'QUEUED') return <Span at={conversation.waitingSince} say={texts.waitingFor} />;
  if (state === 'RESOLVED')
    return <Span at={conversation.resolvedAt ?? lastMessageAt} say={texts.resolvedAgo} />;
  if (acceptBy !== null) return <Span at={acceptBy} say={texts.acceptWithin} />;
  if (isParked)
    return parkedUntil === null ? <>{texts.parkedOpen}</> : <Span at={parkedUntil} say={texts.parkedFor} />;
  if (awaitingReplySince !== null) return <Span at={awaitingReplySince} say={texts.awaitsReply} />;
  return (
    <>
      {texts.wrote} <Ago at={lastMessageAt} />
    </>
  );
}

function byWhoWaits(mine: readonly Conversation[]) {
  const since = ({ acceptBy, awaitingReplySince, lastMessageAt }: Conversation) =>
    // What must be accepted comes first, as no time is earlier than the empty text.
    acceptBy === null ? (awaitingReplySince ?? lastMessageAt) : ` ${acceptBy}`;
  const sorted = [...mine].sort((a, b) => since(a).localeCompare(since(b)));
  const waitsForMe = ({ acceptBy, awaitingReplySince }: Conversation) =>
    acceptBy !== null || awaitingReplySince !== null;
  return {
    forMe: sorted.filter((each) => !each.isParked && waitsForMe(each)),
    forCustomer: sorted.filter((each) => !each.isParked && !waitsForMe(each)),
    parked: sorted.filter(({ isParked }) => isParked),
  };
}

/** Moves the focus to the next or the previous conversation of the lists. */
export function moveFocus(by: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>('[data-item]')];
  const focused = all.findIndex((item) => item === document.activeElement);
  const current = focused >= 0 ? focused : all.findIndex((item) => item.hasAttribute('aria-current'));
  const next = current < 0 ? 0 : Math.min(all.length - 1, Math.max(0, current + by));
  all[next]?.focus();
}
