import type { Conversation } from '@inbox-allocation/client/openapi';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { customerOf } from '../conversation/customer.js';
import { go } from '../parts/place.js';
import { name } from '../parts/sentence.js';
import { toast } from '../parts/toasts.js';
import { useValue, Value } from '../parts/value.js';
import { texts } from '../texts.js';

const KEY = 'inbox-allocation.sound';
const BEEP_SECONDS = 0.25;

const isSoundOn = new Value(readChoice());

interface Arrivals {
  /** What came by itself and was not opened yet. */
  readonly unread: ReadonlySet<string>;
  /** Does not announce what the operator asked for. */
  readonly expect: (id: string) => void;
}

/** Announces conversations that somebody else, or the service, gave to this operator. */
export function useArrivals(mine: readonly Conversation[] | null, open: string | null): Arrivals {
  const known = useRef<Set<string> | null>(null);
  const expected = useRef(new Set<string>());
  const [unread, setUnread] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (mine === null) return;
    const before = known.current;
    known.current = new Set(mine.map(({ id }) => id));
    const arrived =
      before === null ? [] : mine.filter(({ id }) => !before.has(id) && !expected.current.has(id));
    setUnread((old) => {
      const held = [...old, ...arrived.map(({ id }) => id)].filter((id) => known.current?.has(id) === true);
      return sameOr(old, new Set(held.filter((id) => id !== open)));
    });
    if (arrived.length === 0) return;
    for (const each of arrived)
      toast(texts.arrival(name(customerOf(each))), {
        action: { label: texts.open, run: () => go({ open: each.id }) },
      });
    if (isSoundOn.get()) beep();
  }, [mine]);
  useEffect(() => {
    if (open !== null) setUnread((old) => sameOr(old, new Set([...old].filter((id) => id !== open))));
  }, [open]);
  return useMemo(() => ({ unread, expect: (id) => expected.current.add(id) }), [unread]);
}

export function SoundSwitch() {
  const isOn = useValue(isSoundOn);
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={() => {
        isSoundOn.set(!isOn);
        keepChoice(!isOn);
        if (!isOn) beep();
      }}
    >
      {isOn ? texts.soundOn : texts.soundOff}
    </button>
  );
}

function sameOr(old: ReadonlySet<string>, next: ReadonlySet<string>): ReadonlySet<string> {
  return old.size === next.size && [...next].every((id) => old.has(id)) ? old : next;
}

function beep(): void {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const volume = context.createGain();
  volume.gain.setValueAtTime(0.15, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + BEEP_SECONDS);
  tone.frequency.value = 880;
  tone.connect(volume).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + BEEP_SECONDS);
  tone.onended = () => void context.close();
}

function readChoice(): boolean {
  try {
    return localStorage.getItem(KEY) === 'on';
  } catch {
    return false;
  }
}

function keepChoice(isOn: boolean): void {
  try {
    localStorage.setItem(KEY, isOn ? 'on' : 'off');
  } catch {
    // Then it is forgotten with the page.
  }
}
