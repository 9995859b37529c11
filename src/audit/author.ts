import { AsyncLocalStorage } from 'node:async_hooks';
import type { Principal } from '../access/principal.js';

export const AUTHOR_TYPES = ['OPERATOR', 'SERVICE', 'PLATFORM', 'SYSTEM'] as const;

/** Who makes a change, and in which request. */
export interface Author {
  readonly type: (typeof AUTHOR_TYPES)[number];
  /** The operator, or the name of the service; null: the platform, or the service by itself. */
  readonly id: string | null;
  readonly requestId: string | null;
}

const SYSTEM: Author = { type: 'SYSTEM', id: null, requestId: null };

const authors = new AsyncLocalStorage<Author>();

/** Runs `work`, whose changes are then those of the principal. */
export function actAs(principal: Principal, requestId: string, work: () => void): void {
  authors.run({ ...identified(principal), requestId }, work);
}

/** The author of what happens now: the caller of the request, or the service itself outside of one. */
export function currentAuthor(): Author {
  return authors.getStore() ?? SYSTEM;
}

function identified(principal: Principal): Pick<Author, 'type' | 'id'> {
  switch (principal.kind) {
    case 'operator':
      return { type: 'OPERATOR', id: principal.operatorId };
    case 'service':
      return { type: 'SERVICE', id: principal.name };
    case 'platform':
      return { type: 'PLATFORM', id: null };
  }
}
