import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TenantPrincipal } from '../access/principal.js';
import { onceOver } from '../http/once-over.js';
import { positionOf, type FeedFilter, type FeedPage, type FeedPosition } from '../ledger/read-feed.js';
import { isWanted } from '../ledger/wanted.js';
import { feedScope } from './feed-cursor.js';
import { typesOf, type FeedFilters } from './feed-query.js';
import { HEARTBEAT, positionText, retryText, type EventTexts } from './stream-texts.js';

/** When this much data is pending, the stream sends nothing more until the client reads it. */
const MOST_PENDING_BYTES = 64 * 1024;

export interface Opening {
  readonly caller: TenantPrincipal;
  readonly filters: FeedFilters;
  readonly position: FeedPosition;
  readonly requestId: string;
  readonly socket: Socket;
  /** The head of the response was written already. */
  readonly response: ServerResponse;
}

export const ENDINGS = [
  'reader left',
  'lifetime over',
  'rights lost',
  'entries removed',
  'too slow',
  'service stops',
] as const;
export type Ending = (typeof ENDINGS)[number];

/** One client of the feed: its filters, its position and its open response. */
export class EventStream {
  readonly caller: TenantPrincipal;
  readonly requestId: string;
  readonly openedAt = performance.now();
  readonly filter: Omit<FeedFilter, 'visibility'>;
  /** Every event up to here was sent or filtered out. */
  position: FeedPosition;
  ending: Ending = 'reader left';
  private readonly scope: readonly unknown[];
  private readonly scopeName: string;
  private readonly socket: Socket;
  private readonly response: ServerResponse;
  /** The last position that was sent. */
  private sentPosition: FeedPosition;
  private wasPending = false;
  private isGone = false;

  constructor({ caller, filters, position, requestId, socket, response }: Opening) {
    this.caller = caller;
    this.requestId = requestId;
    this.socket = socket;
    this.response = response;
    this.filter = { types: typesOf(filters), inboxId: filters.inboxId ?? null };
    this.scope = feedScope(caller, filters);
    this.scopeName = JSON.stringify(this.scope);
    this.position = position;
    this.sentPosition = position;
    response.on('drain', () => (this.wasPending = false));
  }

  get isOpen(): boolean {
    return !this.isGone && !this.response.writableEnded && !this.response.destroyed;
  }

  /** @param retryMs the pause before the client reconnects after the end */
  begin(retryMs: number): void {
    this.write(retryText(retryMs) + positionText(this.scope, this.position));
  }

  /**
   * Sends the wanted events of a page that begins at or before the position of the stream.
   * @returns whether all of them were sent; otherwise `position` is after the last one that was
   */
  show(page: FeedPage, visibility: FeedFilter['visibility'], texts: EventTexts): boolean {
    const filter = { ...this.filter, visibility };
    for (const row of page.events) {
      if (this.response.writableLength > MOST_PENDING_BYTES) return false;
      const eventPosition = positionOf(row);
      if (eventPosition <= this.position) continue;
      if (isWanted(row, filter)) {
        this.write(texts.of(row, this.scope, this.scopeName));
        this.sentPosition = eventPosition;
      }
      this.position = eventPosition;
    }
    if (page.position > this.position) this.position = page.position;
    return true;
  }

  /**
   * Sends the position of the stream, unless the client has it.
   * @returns whether it was sent
   */
  sendPosition(): boolean {
    if (this.position <= this.sentPosition) return false;
    this.write(positionText(this.scope, this.position));
    this.sentPosition = this.position;
    return true;
  }

  /** Sends a heartbeat. Drops a client that has not read its pending data since the last one. */
  beat(): void {
    if (this.response.writableLength === 0) {
      this.wasPending = false;
      if (!this.sendPosition()) this.write(HEARTBEAT);
    } else if (this.wasPending) this.drop('too slow');
    else this.wasPending = true;
  }

  /** Ends the response. The client reconnects and continues after the last id. */
  end(ending: Ending): void {
    if (!this.isOpen) return;
    this.ending = ending;
    this.sendPosition();
    this.response.end();
  }

  /** Destroys the connection with all pending data. */
  drop(ending: Ending): void {
    if (this.isOpen) this.ending = ending;
    this.socket.destroy();
  }

  /** Calls back when the client has read the pending data; never when the connection closes first. */
  whenTaken(go: () => void): void {
    if (this.response.writableNeedDrain) this.response.once('drain', go);
    else go();
  }

  /** Calls back once. */
  whenClosed(go: () => void): void {
    onceOver(this.socket, this.response, () => {
      this.isGone = true;
      go();
    });
  }

  private write(text: string): void {
    if (this.isOpen) this.response.write(text);
  }
}
