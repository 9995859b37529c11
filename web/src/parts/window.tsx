import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { texts } from '../texts.js';

const FIRST = 50;
const STEP = 500;

/** Shows the first items of a long list, and more when asked. */
export function useWindow<T>(items: readonly T[]): { shown: readonly T[]; more: ComponentChildren } {
  const [size, setSize] = useState(FIRST);
  const shown = items.length > size ? items.slice(0, size) : items;
  const left = items.length - shown.length;
  const more = left > 0 && (
    <button type="button" class="more" onClick={() => setSize(size + STEP)}>
      {left <= STEP ? texts.showAll(items.length) : texts.showMore(STEP, left)}
    </button>
  );
  return { shown, more };
}
