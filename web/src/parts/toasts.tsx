import { useEffect, useRef } from 'preact/hooks';
import { texts } from '../texts.js';
import { Say, type Sentence } from './sentence.js';
import { useValue, Value } from './value.js';

interface Toast {
  readonly id: number;
  readonly text: Sentence | string;
  readonly isBad: boolean;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 12_000;
const MOST = 3;

const toasts = new Value<readonly Toast[]>([]);
let count = 0;

export function toast(text: Sentence | string, options: Partial<Pick<Toast, 'isBad' | 'action'>> = {}): void {
  const added = { id: ++count, text, isBad: false, ...options };
  toasts.set([...toasts.get().slice(1 - MOST), added]);
}

export function closeToasts(): void {
  toasts.set([]);
}

function close(id: number): void {
  toasts.set(toasts.get().filter((each) => each.id !== id));
}

/** What was just done, with a way back, and what was refused. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {useValue(toasts).map((each) => (
        <OneToast key={each.id} {...each} />
      ))}
    </div>
  );
}

function OneToast({ id, text, isBad, action }: Toast) {
  const isRead = useRef(false);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!isRead.current) close(id);
    }, SHOWN_MS);
    return () => clearInterval(timer);
  }, [id]);
  const read = (is: boolean) => () => {
    isRead.current = is;
  };
  return (
    <div
      class={`toast ${isBad ? 'bad' : ''}`}
      onMouseEnter={read(true)}
      onMouseLeave={read(false)}
      onFocusIn={read(true)}
      onFocusOut={read(false)}
    >
      <p>
        <Say of={text} />
      </p>
      {action !== undefined && (
        <button
          type="button"
          onClick={() => {
            close(id);
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" class="plain" aria-label={texts.close} onClick={() => close(id)}>
        ✕
      </button>
    </div>
  );
}
