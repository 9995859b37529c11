import { items } from '@inbox-allocation/client/pages';
import { useEffect, useState } from 'preact/hooks';
import { toast } from '../parts/toasts.js';
import { messageOf } from './problems.js';
import { useService } from './service.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** All items of a list. */
export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of list) found.push(item);
  return found;
}

/** The inboxes that the caller sees, by name. */
export function useInboxes(): readonly Named[] {
  const { client, directory } = useService();
  const [inboxes, setInboxes] = useState<readonly Named[]>([]);
  useEffect(() => {
    all(items(client, '/api/v1/inboxes', { query: { limit: 100 } }))
      .then((found) => {
        directory.note(found.map(({ id, name }) => [id, name]));
        setInboxes(found.sort((a, b) => a.name.localeCompare(b.name)));
      })
      .catch((error: unknown) => toast(messageOf(error), { isBad: true }));
  }, [client]);
  return inboxes;
}
