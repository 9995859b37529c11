import type { ConversationHistory } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { When } from '../parts/clock.js';
import { name, Say, type Sentence } from '../parts/sentence.js';
import type { Directory } from '../service/directory.js';
import { texts } from '../texts.js';

type Event = ConversationHistory['data'][number];

const FIRST = 12;

/** What happened, the latest first. */
export function History({ events, directory }: { events: readonly Event[]; directory: Directory }) {
  const [isWhole, setWhole] = useState(false);
  const latest = [...events].reverse();
  const shown = isWhole ? latest : latest.slice(0, FIRST);
  return (
    <section class="history" aria-labelledby="history">
      <h3 id="history">{texts.history}</h3>
      <ol>
        {shown.map((event) => (
          <li key={event.id} title={event.reason}>
            <Say of={eventInWords(event, directory)} />{' '}
            <small class="dim">
              <When at={event.occurredAt} />
            </small>
            {texts.tellsReason.has(event.type) && (
              <small class="dim reason" dir="auto">
                {event.reason}
              </small>
            )}
          </li>
        ))}
      </ol>
      {latest.length > shown.length && (
        <button type="button" class="more" onClick={() => setWhole(true)}>
          {texts.showAll(latest.length)}
        </button>
      )}
    </section>
  );
}

/** An entry of the ledger as a sentence with names. */
export function eventInWords(event: Event, directory: Directory): Sentence {
  const { actor, from, to, type } = event;
  const operator = (id: string | null) => name(id === null ? texts.someOperator : directory.operator(id));
  const by =
    actor.type === 'OPERATOR'
      ? operator(actor.id)
      : actor.type === 'SERVICE'
        ? texts.aService
        : texts.theService;
  const inbox = name(to.inboxId === null ? texts.someInbox : directory.inbox(to.inboxId));
  return (
    texts.events[type]?.({
      by,
      holder: operator(from.operatorId),
      receiver: to.operatorId === null ? null : operator(to.operatorId),
      inbox,
    }) ?? [event.reason]
  );
}
