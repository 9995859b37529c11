import type { EventRow } from './event.js';
import type { FeedFilter } from './read-feed.js';

/** The filter of READ_FEED for entries in memory, because one read serves many streams. */
export function isWanted(row: EventRow, { types, inboxId, visibility }: FeedFilter): boolean {
  if (types !== null && !types.includes(row.type)) return false;
  if (inboxId !== null && ![row.inbox_id, row.from_inbox_id, row.to_inbox_id].includes(inboxId)) return false;
  if (visibility === null) return true;
  const { operatorId, inboxes } = visibility;
  return (
    [row.from_operator_id, row.to_operator_id].includes(operatorId) ||
    [row.inbox_id, row.from_inbox_id].some((id) => id !== null && inboxes.includes(id))
  );
}
