import type { InboxClient } from '@inbox-allocation/client';
import { createContext } from 'preact';
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLatest } from '../parts/use-latest.js';
import type { Me } from '../session/session.js';
import type { Directory } from './directory.js';
import type { Live, Wake } from './live.js';
import { Refresher } from './refresher.js';

export interface Service {
  readonly client: InboxClient;
  readonly live: Live;
  readonly me: Me;
  readonly directory: Directory;
}

export const ServiceContext = createContext<Service | null>(null);

export function useService(): Service {
  const service = useContext(ServiceContext);
  if (service === null) throw new Error('nobody is logged in');
  return service;
}

export interface Fresh<T> {
  readonly data: T | null;
  /** Of the last read; null when it succeeded. */
  readonly error: unknown;
  readonly behindMs: number;
  readonly refresh: () => void;
}

/**
 * What `read` returns, read again whenever it may have changed.
 * @param key of what is read: another key begins anew
 * @param concerns whether a change of the feed concerns it
 */
export function useFresh<T>(
  key: string,
  read: () => Promise<T>,
  concerns: (wake: Wake) => boolean = () => true,
): Fresh<T> {
  const { live } = useService();
  const latest = useLatest({ read, concerns });
  const [state, setState] = useState<{
    key: string;
    data: T | null;
    error: unknown;
    behindMs: number;
  }>({ key, data: null, error: null, behindMs: 0 });
  const refresher = useRef<Refresher<T> | null>(null);
  useEffect(() => {
    const current = new Refresher<T>(
      () => latest.current.read(),
      ({ data, behindMs }) => setState({ key, data, error: null, behindMs }),
      (error) =>
        setState((before) => ({ ...before, key, data: before.key === key ? before.data : null, error })),
    );
    refresher.current = current;
    current.wake();
    const stop = live.onWake((wake) => {
      if (wake === null) current.wake(true);
      else if (latest.current.concerns(wake)) current.wake();
    });
    return () => {
      stop();
      current.stop();
    };
  }, [key, live]);
  const refresh = useMemo(() => () => refresher.current?.wake(true), []);
  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : null,
    error: isCurrent ? state.error : null,
    behindMs: state.behindMs,
    refresh,
  };
}
