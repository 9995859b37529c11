import { unwrap } from '@inbox-allocation/client';
import type { Conversation } from '@inbox-allocation/client/openapi';
import { useEffect, useState } from 'preact/hooks';
import { messageOf } from './problems.js';
import { useService } from './service.js';

/** The service looks for at least this many characters. */
export const FEWEST = 3;
const PAUSE_MS = 250;
const MOST = 50;

export interface Search {
  readonly text: string;
  readonly set: (text: string) => void;
  readonly found: readonly Conversation[] | null;
  readonly problem: string | null;
}

/** Searches what customers are known by. The text travels in the body, because addresses are logged. */
export function useSearch(): Search {
  const { client } = useService();
  const [text, set] = useState('');
  const [result, setResult] = useState<Pick<Search, 'found' | 'problem'>>({ found: null, problem: null });
  const wanted = text.trim();
  useEffect(() => {
    setResult({ found: null, problem: null });
    if (wanted.length < FEWEST) return;
    let isLatest = true;
    const timer = setTimeout(() => {
      unwrap(client.POST('/api/v1/conversations/search', { body: { q: wanted, limit: MOST } })).then(
        ({ data }) => isLatest && setResult({ found: data, problem: null }),
        (error: unknown) => isLatest && setResult({ found: null, problem: messageOf(error) }),
      );
    }, PAUSE_MS);
    return () => {
      isLatest = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  return { text, set, ...result };
}
