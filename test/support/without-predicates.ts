import { Client } from 'pg';
import type { TestDatabase } from './database.js';

/** A column, optionally with an alias, optionally quoted. */
const COLUMN = String.raw`(?:"?\w+"?\.)?"?\w+"?`;
const TENANT_ID = String.raw`(?:"?\w+"?\.)?"?\btenant_id"?`;
const PREDICATE = new RegExp(
  String.raw`${TENANT_ID}\s*=\s*(\$\d+|${COLUMN})|(\$\d+|${COLUMN})\s*=\s*${TENANT_ID}`,
  'g',
);
/** In the table of tenants the column is `id`. These are its aliases and the parameters compared with it. */
const NAME_OF_TENANTS = /\btenants (?:as )?(?!where\b|set\b|limit\b)(\w+)/g;
const TENANT = String.raw`(\$1|p_tenant)\b`;

/**
 * SQL without conditions on the tenant: replaces each `a.tenant_id = b` by an expression that is always true. A
 * parameter stays with its type, because PostgreSQL needs one for its value.
 */
export function withoutPredicates(text: string): string {
  const always = (other: string) => (other.startsWith('$') ? `(${other}::uuid is not null)` : 'true');
  let changed = text.replaceAll(PREDICATE, (_, right?: string, left?: string) => always(right ?? left ?? ''));
  for (const [, name] of text.matchAll(NAME_OF_TENANTS)) {
    const predicate = new RegExp(String.raw`\b${name}\.id = ${TENANT}`, 'g');
    changed = changed.replaceAll(predicate, (_, other: string) => always(other));
  }
  const bare = new RegExp(String.raw`(\btenants (?:set [^;]*? )?where )id = ${TENANT}`, 'g');
  return changed.replaceAll(bare, (_, before: string, other: string) => before + always(other));
}

/** Every comparison of a tenant that is left in SQL. */
export function predicatesIn(text: string): string[] {
  const compared = String.raw`\s*(?:[=<>!]|not\b|in\b|is\b|like\b|between\b)`;
  const names = [...text.matchAll(NAME_OF_TENANTS)].map(([, name]) => name);
  const places = [
    // Also as one of several: (tenant_id, id) = …
    String.raw`\btenant_id"?(?:[^()]*\))?${compared}.*`,
    String.raw`[=<>]\s*[\w".]*\btenant_id\b.*`,
    ...names.map((name) => String.raw`\b${name}\.id${compared}.*${TENANT}.*`),
    String.raw`\btenants (?:set [^;]*? )?where id${compared}.*`,
  ];
  return places.flatMap((place) => text.match(new RegExp(place, 'gi')) ?? []);
}

/** Makes the service send statements without predicates. @returns the original and the sent statements */
export function leaveOutPredicates(): Map<string, string> {
  const sent = new Map<string, string>();
  const { query } = Client.prototype;
  jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...args: unknown[]) {
    return Reflect.apply(query, this, isOfService(this) ? changed(args, sent) : args) as undefined;
  });
  return sent;
}

type Statement = string | { text: string; name?: string };

function changed([statement, ...rest]: unknown[], sent: Map<string, string>): unknown[] {
  const given = statement as Statement;
  const text = typeof given === 'string' ? given : given.text;
  const without = withoutPredicates(text);
  sent.set(text, without);
  if (typeof given === 'string') return [without, ...rest];
  // A connection may have prepared the original statement under this name.
  const name = given.name === undefined ? {} : { name: `${given.name} without` };
  return [{ ...given, text: without, ...name }, ...rest];
}

/** Changes only the service's connections, not the owner's. */
function isOfService(client: Client): boolean {
  const { connectionParameters } = client as unknown as {
    connectionParameters: { application_name?: string };
  };
  return connectionParameters.application_name === 'inbox-allocation';
}

export interface Definition {
  name: string;
  text: string;
  /** Runs as the role that looks across tenants. */
  across: boolean;
}

/** The functions and views of a database. */
export function definitionsOf(database: TestDatabase): Promise<Definition[]> {
  return database.rows<Definition>(`
    select proname as name, pg_get_functiondef(oid) as text, prosecdef as across
    from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'
    union all
    select relname, format('create or replace view %s with (security_invoker = true) as %s', relname,
      pg_get_viewdef(oid)), false
    from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'
    order by name`);
}

/**
 * Removes the predicates from functions and views, except from those that look across tenants, which have no policy.
 */
export async function leaveOutPredicatesOf(database: TestDatabase): Promise<void> {
  for (const { text, across } of await definitionsOf(database))
    if (!across) await database.rows(withoutPredicates(text));
}

/** Switches row-level security off, for everybody. */
export async function leaveOutPolicies(database: TestDatabase): Promise<void> {
  const tables = await database.rows<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity`,
  );
  for (const { name } of tables)
    await database.rows(`alter table ${name} no force row level security, disable row level security`);
}
