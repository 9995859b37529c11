import { createClient, unwrap, type Credentials, type InboxClient } from '@inbox-allocation/client';
import type { Me } from '@inbox-allocation/client/openapi';
import { noteServiceTime } from '../parts/clock.js';
import { Value } from '../parts/value.js';
import { readLogIn } from './ways-in.js';

/** What proves who is calling: a token, or in the demo the headers of a person. */
export type Proof = { readonly token: string } | { readonly headers: Readonly<Record<string, string>> };

export type { Me };

/** Whether somebody supervises, so that the board is for them. */
export function supervises({ role }: Pick<Me, 'role'>): boolean {
  return role === 'MANAGER' || role === 'ADMIN';
}

const KEY = 'inbox-allocation.session';
const RETRIES = { attempts: 3, maxPauseMs: 5_000 };

/** Why the last request was refused as nobody's, in the words of the service; null while all is well. */
export const refusal = new Value<string | null>(null);
const before = stored();
let proof = before?.proof ?? null;

/** Who was logged in when the page was last open. The page begins with them, and asks whether it is still so. */
export const lastMe: Me | null = before?.me ?? null;

export function logIn(next: Proof, me: Me, isToBeKept: boolean): void {
  proof = next;
  const text = JSON.stringify({ proof: next, me });
  storage(() => {
    sessionStorage.setItem(KEY, text);
    if (isToBeKept) localStorage.setItem(KEY, text);
    else localStorage.removeItem(KEY);
  });
  refusal.set(null);
}

export function logOut(): void {
  storage(() => {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(KEY);
  });
  location.reload();
}

/** Each request is that of the person who is logged in at its moment. */
export const client: InboxClient = createClient({
  baseUrl: location.origin,
  retries: RETRIES,
  credentials: (request) => (proof === null ? undefined : prove(proof)(request)),
  fetch: async (...request) => {
    const usedBy = proof;
    const response = await fetch(...request);
    noteServiceTime(response.headers.get('Date'));
    // Not when somebody has logged in meanwhile.
    if (response.status === 401 && usedBy === proof) await refuse(response.clone());
    return response;
  },
});

/** Who is calling with this proof, without being logged in with it; null: with what a gateway adds. */
export function whoIs(by: Proof | null): Promise<Me> {
  const asking = createClient({
    baseUrl: location.origin,
    retries: RETRIES,
    ...(by === null ? {} : { credentials: prove(by) }),
  });
  return unwrap(asking.GET('/api/v1/me'));
}

/** @returns null when nobody is logged in */
export async function whoAmI(): Promise<Me | null> {
  if (proof === null) {
    const { byGateway, demos } = await readLogIn();
    if (!byGateway || demos.length > 0) return null;
  }
  return whoIs(proof);
}

function prove(by: Proof): Credentials {
  return ({ headers }) => {
    if ('token' in by) headers.set('Authorization', `Bearer ${by.token}`);
    else for (const [name, value] of Object.entries(by.headers)) headers.set(name, value);
  };
}

async function refuse(response: Response): Promise<void> {
  const body = (await response.json().catch(() => null)) as { detail?: string } | null;
  refusal.set(body?.detail ?? response.statusText);
}

function stored(): { proof: Proof; me: Me } | null {
  return storage(() => {
    const text = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
    return text === null ? null : (JSON.parse(text) as { proof: Proof; me: Me });
  });
}

/** A browser may refuse its storage. Then the log-in lasts as long as the page. */
function storage<T>(use: () => T): T | null {
  try {
    return use();
  } catch {
    return null;
  }
}
