import { useEffect, useState } from 'preact/hooks';
import { texts } from '../texts.js';

/** Clocks that differ by less do not matter, because the header of the service has whole seconds. */
const TOLERATED_MS = 2_000;
const TICK_MS = 1_000;

let offsetMs = 0;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** The time of the service. The clock of this computer may be wrong. */
export function now(): number {
  return Date.now() + offsetMs;
}

export function noteServiceTime(date: string | null): void {
  const time = Date.parse(date ?? '');
  if (Number.isNaN(time)) return;
  const difference = time + 500 - Date.now();
  offsetMs = Math.abs(difference) < TOLERATED_MS ? 0 : difference;
}

/** What `read` returns, read again each second. Renders only when that changes. */
export function useTicking<T extends string | number | boolean>(read: () => T): T {
  const text = read();
  const [, render] = useState(text);
  useEffect(() => {
    const look = () => render(read());
    listeners.add(look);
    timer ??= setInterval(() => {
      for (const listener of listeners) listener();
    }, TICK_MS);
    return () => {
      listeners.delete(look);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  });
  return text;
}

/** How long ago, or in how long, with the moment itself in the title. */
export function Span({ at, say = (time) => time }: { at: string; say?: (time: string) => string }) {
  const time = Date.parse(at);
  const text = useTicking(() => say(texts.duration(Math.abs(now() - time) / 1000)));
  return (
    <time dateTime={at} title={texts.moment(time)}>
      {text}
    </time>
  );
}

export function Ago({ at }: { at: string }) {
  return <Span at={at} say={texts.ago} />;
}

/** A moment as the reader would say it now, such as "yesterday, 16:40". */
export function When({ at }: { at: string }) {
  const time = Date.parse(at);
  const text = useTicking(() => texts.when(time, now()));
  return (
    <time dateTime={at} title={texts.moment(time)}>
      {text}
    </time>
  );
}
