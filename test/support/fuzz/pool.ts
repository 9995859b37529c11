import { v7 as uuid } from 'uuid';
import { containerOf, kindOf } from './schema.js';
import type { Route } from '../openapi.js';

/** Keeps this number of ids of a kind: the newest, most of which still exist. */
const REMEMBERED = 20;

/** The highest number of a placeholder. */
export const HIGHEST = 39;

/** The kind of tenants that requests may change and delete. */
export const SPARE_TENANT = 'spareTenant';

/** Whether a value belongs to the tenant of the request or to another one. */
export type Owner = 'own' | 'foreign';

/**
 * A placeholder in a request for a value that is known only when it is sent. The encoding of addresses and JSON does
 * not change it.
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

/** Ids and other values of a tenant by kind, from its responses. New resources need no change here. */
export class Pool {
  private readonly values = new Map<string, string[]>();

  /** @param hidden ids that no request may use */
  constructor(private readonly hidden: readonly string[]) {}

  /** A value of the kind, of any kind for `any`, or an unknown id if there is none. */
  pick(kind: string, number: number): string {
    const those = kind === 'any' ? this.ids() : (this.values.get(kind) ?? []);
    // Prefers new values (low numbers), because few requests succeed with old resources.
    const back = Math.floor((number / (HIGHEST + 1)) ** 2 * those.length);
    return those.at(-1 - back) ?? uuid();
  }

  /** @param except a kind to leave out */
  ids(except?: string): string[] {
    const kinds = [...this.values].filter(([kind]) => !kind.startsWith('cursor') && kind !== 'phone');
    // Some of them are known as ids of another kind too.
    const left = new Set(except === undefined ? [] : this.values.get(except));
    return kinds.flatMap(([, values]) => values.filter((value) => !left.has(value)));
  }

  has(kind: string, value: string): boolean {
    return this.values.get(kind)?.includes(value) === true;
  }

  add(kind: string, value: string): void {
    if (this.hidden.includes(value)) return;
    const those = (this.values.get(kind) ?? []).filter((known) => known !== value);
    this.values.set(kind, [...those, value].slice(-REMEMBERED));
  }

  /** Remembers the ids, phone numbers and cursors of a response. */
  learn({ path, operation }: Route, response: unknown): void {
    this.look(response, containerOf(path), operation.operationId);
  }

  private look(value: unknown, container: string, operationId: string): void {
    if (Array.isArray(value)) for (const member of value) this.look(member, container, operationId);
    else if (typeof value === 'object' && value !== null) {
      for (const [field, member] of Object.entries(value)) {
        if (typeof member === 'string') this.remember(field, member, container, operationId);
        // Lists have their items in `data`.
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
