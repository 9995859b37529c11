import { useLayoutEffect, useState } from 'preact/hooks';

/** Where on the page the reader is, kept in the hash, so that Back works and a link shows the same. */
function placeNow(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

export function go(changes: Readonly<Record<string, string | null>>): void {
  const place = placeNow();
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') place.delete(key);
    else place.set(key, value);
  }
  const hash = place.toString();
  if (hash === placeNow().toString()) return;
  history.pushState(null, '', hash === '' ? location.pathname : `#${hash}`);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export function usePlace(): URLSearchParams {
  const [place, setPlace] = useState(placeNow);
  useLayoutEffect(() => {
    const look = () => setPlace(placeNow());
    addEventListener('hashchange', look);
    addEventListener('popstate', look);
    return () => {
      removeEventListener('hashchange', look);
      removeEventListener('popstate', look);
    };
  }, []);
  return place;
}
