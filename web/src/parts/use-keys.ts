import { useLayoutEffect } from 'preact/hooks';
import { useLatest } from './use-latest.js';

export type Keys = Readonly<Record<string, (() => void) | undefined>>;

/** Calls what belongs to a key, except while somebody types or a dialog is open. */
export function useKeys(keys: Keys): void {
  const latest = useLatest(keys);
  // An effect that waits for the screen would miss a key pressed right after the page has changed.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const run = latest.current[event.key];
      if (run === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      run();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]')
  );
}
