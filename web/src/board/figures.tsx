import type { Board } from '@inbox-allocation/client/openapi';
import { now, useTicking } from '../parts/clock.js';
import { go } from '../parts/place.js';
import { Say, say, name, type Sentence } from '../parts/sentence.js';
import { texts } from '../texts.js';

/** The four figures on top. Each opens what it tells of. */
export function Figures({ board: { inboxes } }: { board: Board }) {
  const waiting = sum(inboxes.map((inbox) => inbox.waiting));
  const overTarget = sum(inboxes.map((inbox) => inbox.overTarget));
  const oldest = inboxes
    .filter((inbox) => inbox.oldestWaitingSince !== null)
    .sort((a, b) => (a.oldestWaitingSince ?? '').localeCompare(b.oldestWaitingSince ?? ''))[0];
  const median = typicalWait(inboxes);
  return (
    <section class="figures" aria-label={texts.figures}>
      <Figure
        value={texts.number(waiting)}
        text={texts.waiting}
        onClick={() => go({ view: 'conversations', state: 'QUEUED', sort: 'waiting', inbox: null })}
      />
      {oldest === undefined || oldest.oldestWaitingSince === null ? (
        <Figure value={texts.none} text={texts.nobodyWaits} />
      ) : (
        <LongestWait
          since={oldest.oldestWaitingSince}
          isLate={oldest.overTarget > 0}
          text={say`${texts.longestWait}, ${name(oldest.oldestCustomerName ?? texts.someCustomer)}`}
          onClick={() => go({ open: oldest.oldestConversationId })}
        />
      )}
      <Figure value={median === null ? texts.none : texts.exactDuration(median)} text={texts.medianWait} />
      <Figure
        value={texts.number(overTarget)}
        text={texts.overTarget}
        isBad={overTarget > 0}
        onClick={() => go({ view: 'conversations', state: 'QUEUED', sort: 'waiting', inbox: null })}
      />
    </section>
  );
}

function LongestWait({
  since,
  isLate,
  ...more
}: {
  since: string;
  isLate: boolean;
  text: Sentence;
  onClick: () => void;
}) {
  const value = useTicking(() => texts.duration((now() - Date.parse(since)) / 1000));
  return <Figure value={value} isBad={isLate} {...more} />;
}

function Figure({
  value,
  text,
  isBad = false,
  onClick,
}: {
  value: string;
  text: Sentence | string;
  isBad?: boolean;
  onClick?: () => void;
}) {
  const content = (
    <>
      <strong class={isBad ? 'bad' : ''}>{value}</strong>
      <span>
        <Say of={text} />
      </span>
    </>
  );
  return onClick === undefined ? (
    <div class="figure">{content}</div>
  ) : (
    <button type="button" class="figure" onClick={onClick}>
      {content}
    </button>
  );
}

/** The median of the inboxes' medians, each counted as often as it gave a conversation. */
export function typicalWait(inboxes: Board['inboxes']): number | null {
  const medians = inboxes
    .flatMap(({ waitP50, given }) => (waitP50 === null ? [] : [{ waitP50, given }]))
    .sort((a, b) => a.waitP50 - b.waitP50);
  const half = sum(medians.map(({ given }) => given)) / 2;
  let counted = 0;
  for (const { waitP50, given } of medians) {
    counted += given;
    if (counted >= half) return waitP50;
  }
  return null;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
