import { useLayoutEffect, useState } from 'preact/hooks';

const NARROW = matchMedia('(max-width: 60rem)');

/** Whether the screen has room for one column only. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(NARROW.matches);
  useLayoutEffect(() => {
    const look = () => setNarrow(NARROW.matches);
    NARROW.addEventListener('change', look);
    return () => NARROW.removeEventListener('change', look);
  }, []);
  return isNarrow;
}
