import type { Conversation } from '@inbox-allocation/client/openapi';
import type { Seen } from '../service/actions.js';

/** The versions of a conversation that only this person made, the first excluded. */
const own = new Map<string, { readonly from: number; readonly to: number }>();
/** What this person does with a conversation at the moment. */
const running = new Map<string, Promise<unknown>>();

/**
 * Does something with a conversation once what the same person began before is done, and as it is after that. The page
 * may not have read it again yet, and nobody's own change is a change that they have not seen.
 */
export async function inTurn(seen: Seen, run: (seen: Seen) => Promise<Conversation>): Promise<Conversation> {
  const before = running.get(seen.id);
  const turn = (async () => {
    // Whether that was refused is not about this one.
    await before?.catch(() => undefined);
    const latest = latestOf(seen);
    const after = await run(latest);
    note(latest, after);
    return after;
  })();
  running.set(seen.id, turn);
  try {
    return await turn;
  } finally {
    if (running.get(seen.id) === turn) running.delete(seen.id);
  }
}

function latestOf(seen: Seen): Seen {
  const made = own.get(seen.id);
  const isOwn = made !== undefined && seen.version >= made.from && seen.version < made.to;
  return isOwn ? { id: seen.id, version: made.to } : seen;
}

/** A label says no version, so that somebody else may have been faster: then the version has grown by more than one. */
function note({ id, version }: Seen, after: Conversation): void {
  if (after.version !== version + 1) return;
  const made = own.get(id);
  own.set(id, { from: made?.to === version ? made.from : version, to: after.version });
}
