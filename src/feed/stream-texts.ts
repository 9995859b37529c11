import { eventResponse } from '../ledger/event.js';
import { positionOf, type FeedPosition, type FeedRow } from '../ledger/read-feed.js';
import { cursorOf } from './feed-cursor.js';

/** A comment: readers pass over it, and whoever has gone is noticed. */
export const HEARTBEAT = ':\n\n';

/** What a stream begins with: in how many milliseconds to come back when it has ended. */
export function retryText(milliseconds: number): string {
  return `retry: ${milliseconds}\n`;
}

/**
 * Where the reader is, without anything that happened. By the HTML standard a block without data is no event, but its
 * id is kept, and goes into the next `Last-Event-ID`: what was passed over is not read again.
 */
export function placeText(scope: readonly unknown[], position: FeedPosition): string {
  return `id: ${cursorOf(scope, position)}\n\n`;
}

/** The texts of the entries of one page, each made once for all who see the same. */
export class EventTexts {
  private readonly data = new Map<FeedRow, string>();
  private readonly made = new Map<FeedRow, Map<string, string>>();

  /** @param scopeName tells scopes apart */
  of(row: FeedRow, scope: readonly unknown[], scopeName: string): string {
    const known = this.made.get(row) ?? new Map<string, string>();
    this.made.set(row, known);
    const text =
      known.get(scopeName) ??
      `id: ${cursorOf(scope, positionOf(row))}\nevent: ${row.type}\ndata: ${this.dataOf(row)}\n\n`;
    known.set(scopeName, text);
    return text;
  }

  private dataOf(row: FeedRow): string {
    const data = this.data.get(row) ?? JSON.stringify(eventResponse(row));
    this.data.set(row, data);
    return data;
  }
}
