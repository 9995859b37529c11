import { useRef } from 'preact/hooks';

/** What the last render had, for handlers that live longer than a render. */
export function useLatest<T>(value: T): { current: T } {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}
