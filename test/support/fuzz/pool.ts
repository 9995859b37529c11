import { v7 as uuid } from 'uuid';
import { containerOf, kindOf } from './schema.js';
import type { Route } from '../openapi.js';

/** So many of a kind are remembered: the newest, of which most still exist. */
const REMEMBERED = 20;

/** Placeholders count up to here. */
export const HIGHEST = 39;

/** Whose values a request names: those of the tenant it is sent to, or of another one. */
export type Owner = 'own' | 'foreign';

/**
 * Stands in a request for a value that is only known when it is sent. None of its letters is changed by the encoding of
 * addresses or JSON.
 */
export function placeholder(owner: Owner, kind: string, number: number): string {
  return `~${owner}.${kind}.${number}~`;
}

const PLACEHOLDER = /~(own|foreign)\.([\w-]+)\.(\d+)~/g;

/** The text with every placeholder filled in. */
export function filled(text: string, pools: Record<Owner, Pool>): string {
  return text.replace(PLACEHOLDER, (_, owner: Owner, kind: string, number: string) =>
    pools[owner].pick(kind, Number(number)),
  );
}

/** What exists in a tenant, by kind, as its answers tell: a new resource needs no word here. */
export class Pool {
  private readonly values = new Map<string, string[]>();

  /** @param hidden ids that no request is to name */
  constructor(private readonly hidden: readonly string[]) {}

  /** One of the kind, of any kind for `any`; an id that nobody knows where there is none. */
  pick(kind: string, number: number): string {
    const those = kind === 'any' ? this.ids() : (this.values.get(kind) ?? []);
    // Mostly a new one, since what is old is in a state that not many requests want; the lowest number is the newest.
    const back = Math.floor((number / (HIGHEST + 1)) ** 2 * those.length);
    return those.at(-1 - back) ?? uuid();
  }

  ids(): string[] {
    const kinds = [...this.values].filter(([kind]) => !kind.startsWith('cursor') && kind !== 'phone');
    return kinds.flatMap(([, values]) => values);
  }

  add(kind: string, value: string): void {
    if (this.hidden.includes(value)) return;
    const those = (this.values.get(kind) ?? []).filter((known) => known !== value);
    this.values.set(kind, [...those, value].slice(-REMEMBERED));
  }

  /** Remembers the ids, phone numbers and cursors of an answer. */
  learn({ path, operation }: Route, answer: unknown): void {
    this.look(answer, containerOf(path), operation.operationId);
  }

  private look(value: unknown, container: string, operationId: string): void {
    if (Array.isArray(value)) for (const member of value) this.look(member, container, operationId);
    else if (typeof value === 'object' && value !== null) {
      for (const [field, member] of Object.entries(value)) {
        if (typeof member === 'string') this.remember(field, member, container, operationId);
        // A list of the resource stands under `data`; what is called otherwise is something else.
        else this.look(member, field === 'data' ? container : field, operationId);
      }
    }
  }

  private remember(field: string, text: string, container: string, operationId: string): void {
    if (field === 'nextCursor') this.add(`cursor-${operationId}`, text);
    else if (/phone/i.test(field)) this.add('phone', text);
    else if (field === 'id' || /[a-z]Id$/.test(field)) {
      if (IS_ID.test(text)) this.add(kindOf(field, container), text);
    }
  }
}

const IS_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
