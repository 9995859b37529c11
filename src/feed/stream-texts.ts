import { eventResponse } from '../ledger/event.js';
import { positionOf, type FeedPosition, type FeedRow } from '../ledger/read-feed.js';
import { cursorOf } from './feed-cursor.js';

/** A comment, which clients ignore. Writing it detects clients that are gone. */
export const HEARTBEAT = ':\n\n';

/** The first line of a stream: the pause in milliseconds before a client reconnects. */
export function retryText(milliseconds: number): string {
  return `retry: ${milliseconds}\n`;
}

/**
 * The position without an event. By the HTML standard, clients ignore a block without data but keep its id for
 * `Last-Event-ID`. So a client that reconnects does not read filtered events again.
 */
export function positionText(scope: readonly unknown[], position: FeedPosition): string {
  return `id: ${cursorOf(scope, position)}\n\n`;
}

/** The texts of the entries of one page. Streams with the same scope share them. */
export class EventTexts {
  private readonly data = new Map<FeedRow, string>();
  private readonly made = new Map<FeedRow, Map<string, string>>();

  /** @param scopeName distinguishes scopes */
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
