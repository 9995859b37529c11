import { go } from '../parts/place.js';

export const STATES = {
  open: ['QUEUED', 'ALLOCATED'],
  QUEUED: ['QUEUED'],
  ALLOCATED: ['ALLOCATED'],
  RESOLVED: ['RESOLVED'],
  all: ['QUEUED', 'ALLOCATED', 'RESOLVED'],
} as const;
export const SORTS = ['newest', 'oldest', 'waiting'] as const;

export type StateFilter = keyof typeof STATES;
export type Sort = (typeof SORTS)[number];

/** Which conversations the list shows. It is in the address, so that a link shows the same. */
export interface Filters {
  readonly state: StateFilter;
  readonly inbox: string | null;
  readonly operator: string | null;
  readonly label: string;
  readonly sort: Sort;
}

export function filtersIn(place: URLSearchParams): Filters {
  const state = place.get('state') ?? 'open';
  const sort = place.get('sort') ?? 'newest';
  const isState = (text: string): text is StateFilter => text in STATES;
  const known = isState(state) ? state : 'open';
  return {
    state: known,
    inbox: place.get('inbox'),
    operator: place.get('operator'),
    label: place.get('label') ?? '',
    // Only who waits can be sorted by how long they wait.
    sort:
      sort === 'waiting' && known !== 'QUEUED' ? 'oldest' : (SORTS.find((each) => each === sort) ?? 'newest'),
  };
}

export function filterBy(changes: Partial<Record<keyof Filters, string | null>>): void {
  go({ view: 'conversations', ...changes });
}

/** As the query of the list has them. */
export function queryOf({ state, inbox, operator, label }: Filters) {
  return {
    state: [...STATES[state]],
    ...(inbox === null ? {} : { inboxId: [inbox] }),
    ...(operator === null ? {} : { assignedOperatorId: [operator] }),
    ...(label === '' ? {} : { labelName: label }),
  };
}
