import { Client } from 'pg';
import { verify, type Finding } from '../../../src/verification/find-breaches.js';
import type { Account } from './account.js';
import type { Scene } from './scene.js';

/** Differences between the responses and the database, one a line. */
export interface Audit {
  /** Acknowledged, but missing in the database. */
  readonly lost: string[];
  /** More often in the database than requested. */
  readonly duplicated: string[];
  /** Found by `pnpm run verify`. */
  readonly breaches: string[];
  readonly entries: number;
}

interface Entry {
  type: string;
  conversation_id: string;
  version: number;
  to_operator_id: string | null;
}

/** Compares the responses with the database, after the last request. */
export async function audit(databaseUrl: string, scene: Scene, account: Account): Promise<Audit> {
  const owner = new Client({ connectionString: databaseUrl });
  await owner.connect();
  try {
    const { rows } = await owner.query<Entry>(
      `select type, conversation_id, version, to_operator_id from conversation_events
       where tenant_id = $1 and conversation_id is not null`,
      [scene.tenantId],
    );
    const { rows: threads } = await owner.query<{ thread: string; count: number }>(
      `select external_conversation_id as thread, message_count as count from conversations where tenant_id = $1`,
      [scene.tenantId],
    );
    const counts = new Map(threads.map(({ thread, count }) => [thread, count]));
    const transitions = compareTransitions(account, rows);
    const messages = compareMessages(account, counts);
    const breaches: string[] = [];
    const finding = ({ check, subject, id, problem }: Finding) =>
      void breaches.push(`${check}: ${subject} ${id} ${problem}`);
    await verify(owner, { finding });
    return {
      lost: [...transitions.lost, ...messages.lost],
      duplicated: [...transitions.duplicated, ...messages.duplicated],
      breaches,
      entries: rows.length,
    };
  } finally {
    await owner.end();
  }
}

/**
 * Clients repeated each request until they got a response. So the ledger must agree with the responses: a missing entry
 * was lost, and an extra entry was done twice. A reassign to the current holder writes no entry, and its response shows
 * the entry before.
 */
function compareTransitions(account: Account, entries: readonly Entry[]) {
  const toldOf = account.transitions.map(({ type, conversationId, version, operatorId }) => ({
    type: type,
    state: `${conversationId} as version ${version}, held by ${operatorId}`,
  }));
  const there = entries.map(({ type, conversation_id, version, to_operator_id }) => ({
    type,
    state: `${conversation_id} as version ${version}, held by ${to_operator_id}`,
  }));
  const line = ({ type, state }: { type: string; state: string }) => `${type} of ${state}`;
  const changing = toldOf.filter(({ type }) => type !== 'conversation.reassigned').map(line);
  const asked = new Set<string>(toldOf.map(({ type }) => type));
  const [told, lines] = [new Set(toldOf.map(line)), new Set(there.map(line))];
  const states = new Set(there.map(({ state }) => state));
  return {
    lost: [
      ...changing.filter((each) => !lines.has(each)),
      ...toldOf.filter(({ state }) => !states.has(state)).map(line),
    ],
    duplicated: [
      ...there.filter((each) => asked.has(each.type) && !told.has(line(each))).map(line),
      ...changing.filter((each, i) => changing.indexOf(each) !== i).map((each) => `told twice: ${each}`),
    ],
  };
}

function compareMessages(account: Account, counts: ReadonlyMap<string, number>) {
  const lost: string[] = [];
  const duplicated: string[] = [];
  for (const [thread, ids] of account.messages) {
    const count = counts.get(thread) ?? 0;
    if (count < ids.size) lost.push(`${ids.size - count} messages of ${thread}`);
    if (count > ids.size) duplicated.push(`${count - ids.size} messages of ${thread}`);
  }
  return { lost, duplicated };
}
