import { isProblem, unwrap } from '@inbox-allocation/client';
import type { Conversation } from '@inbox-allocation/client/openapi';
import { plain, type Sentence } from '../parts/sentence.js';
import { Value } from '../parts/value.js';
import type { Seen } from '../service/actions.js';
import { Told } from '../service/problems.js';
import type { Service } from '../service/service.js';
import { texts } from '../texts.js';
import { eventInWords } from './history.js';
import { inTurn } from './own-changes.js';

/** What others changed while somebody wanted to do something, by conversation. */
export const conflicts = new Value<ReadonlyMap<string, Sentence>>(new Map());

/** How the service refuses what another person was faster with. */
const BY_OTHERS = [
  'VERSION_MISMATCH',
  'CONVERSATION_NOT_QUEUED',
  'CONVERSATION_NOT_ALLOCATED',
  'CONVERSATION_ALREADY_RESOLVED',
] as const;

/** Nothing was done, because another person changed the conversation meanwhile. */
export class ChangedMeanwhile extends Told {
  constructor(
    readonly sentence: Sentence,
    readonly conversation: Conversation,
  ) {
    super(plain(sentence));
  }
}

/**
 * Does something with the conversation as it was seen.
 * @throws ChangedMeanwhile when somebody else has changed it since
 */
export async function asSeen(
  service: Service,
  seen: Seen,
  run: (latest: Seen) => Promise<Conversation>,
): Promise<Conversation> {
  note(seen.id, null);
  try {
    return await inTurn(seen, run);
  } catch (error) {
    if (!isProblem(error, ...BY_OTHERS)) throw error;
    const changed = await whatChanged(service, seen);
    if (changed === null) throw error;
    note(seen.id, changed.sentence);
    throw changed;
  }
}

/** @returns null when nothing has */
async function whatChanged(
  { client, directory }: Service,
  { id, version }: Seen,
): Promise<ChangedMeanwhile | null> {
  const params = { params: { path: { id } } };
  const [conversation, { data }] = await Promise.all([
    unwrap(client.GET('/api/v1/conversations/{id}', params)),
    unwrap(client.GET('/api/v1/conversations/{id}/history', params)),
  ]);
  const events = data.filter((event) => event.version !== null && event.version > version);
  if (events.length === 0) return null;
  const { assignedOperatorId, assignedOperatorName } = conversation;
  // Operators cannot read the names of others by themselves.
  if (assignedOperatorId !== null) directory.note([[assignedOperatorId, assignedOperatorName ?? '']]);
  const sentence = texts.changedMeanwhile(events.map((event) => eventInWords(event, directory)));
  return new ChangedMeanwhile(sentence, conversation);
}

function note(id: string, sentence: Sentence | null): void {
  const next = new Map(conflicts.get());
  if (sentence === null) next.delete(id);
  else next.set(id, sentence);
  conflicts.set(next);
}
