import { useLayoutEffect, useState } from 'preact/hooks';

/** A value that tells its listeners when it changes. */
export class Value<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private current: T) {}

  get(): T {
    return this.current;
  }

  set(next: T): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const listener of [...this.listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The value, read again in each render that its change causes. */
export function useValue<T>(value: Value<T>): T {
  return useRead(value, (current) => current);
}

/** A part of the value. Renders again only when that part changes. */
export function useRead<T, R>(value: Value<T>, read: (current: T) => R): R {
  const part = read(value.get());
  const [, render] = useState<unknown>(part);
  useLayoutEffect(() => {
    const look = () => render(() => read(value.get()));
    look();
    return value.subscribe(look);
  }, [value]);
  return part;
}
