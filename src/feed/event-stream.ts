import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TenantPrincipal } from '../access/principal.js';
import { positionOf, type FeedFilter, type FeedPage, type FeedPosition } from '../ledger/read-feed.js';
import { isWanted } from '../ledger/wanted.js';
import { feedScope } from './feed-cursor.js';
import { typesOf, type FeedFilters } from './feed-query.js';
import { HEARTBEAT, placeText, retryText, type EventTexts } from './stream-texts.js';

/** What a reader has not taken yet; whoever has so much waiting gets nothing more until it is taken. */
const MOST_PENDING_BYTES = 64 * 1024;

export interface Opening {
  readonly caller: TenantPrincipal;
  readonly filters: FeedFilters;
  readonly position: FeedPosition;
  readonly requestId: string;
  readonly socket: Socket;
  /** Its head is written already. */
  readonly response: ServerResponse;
}

export const ENDINGS = ['reader left', 'lifetime over', 'rights lost', 'too slow', 'service stops'] as const;
export type Ending = (typeof ENDINGS)[number];

/** One reader of the feed: what they want, where they are, and the answer that goes on. */
export class EventStream {
  readonly caller: TenantPrincipal;
  readonly requestId: string;
  readonly openedAt = performance.now();
  readonly filter: Omit<FeedFilter, 'visibility'>;
  /** All up to here was shown or is not wanted. */
  position: FeedPosition;
  ending: Ending = 'reader left';
  private readonly scope: readonly unknown[];
  private readonly scopeName: string;
  private readonly socket: Socket;
  private readonly response: ServerResponse;
  /** The last place whose id was sent. */
  private told: FeedPosition;
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
    this.told = position;
    response.on('drain', () => (this.wasPending = false));
  }

  get isOpen(): boolean {
    return !this.isGone && !this.response.writableEnded && !this.response.destroyed;
  }

  /** @param retryMs when to come back after the end */
  begin(retryMs: number): void {
    this.write(retryText(retryMs) + placeText(this.scope, this.position));
  }

  /**
   * Shows what is wanted of a page that begins at or before where the reader is.
   * @returns whether all of it fitted; otherwise `position` is behind what did
   */
  show(page: FeedPage, visibility: FeedFilter['visibility'], texts: EventTexts): boolean {
    const filter = { ...this.filter, visibility };
    for (const row of page.events) {
      if (this.response.writableLength > MOST_PENDING_BYTES) return false;
      const place = positionOf(row);
      if (place <= this.position) continue;
      if (isWanted(row, filter)) {
        this.write(texts.of(row, this.scope, this.scopeName));
        this.told = place;
      }
      this.position = place;
    }
    if (page.position > this.position) this.position = page.position;
    return true;
  }

  /** Tells where the reader is, if they have not heard. @returns whether there was something to tell */
  tellPlace(): boolean {
    if (this.position <= this.told) return false;
    this.write(placeText(this.scope, this.position));
    this.told = this.position;
    return true;
  }

  /** A sign of life. Whoever has not taken since the last one what waited then is given up. */
  beat(): void {
    if (this.response.writableLength === 0) {
      this.wasPending = false;
      if (!this.tellPlace()) this.write(HEARTBEAT);
    } else if (this.wasPending) this.drop('too slow');
    else this.wasPending = true;
  }

  /** Ends it as an answer ends; the reader comes back and goes on from the last id. */
  end(ending: Ending): void {
    if (!this.isOpen) return;
    this.ending = ending;
    this.tellPlace();
    this.response.end();
  }

  /** Takes the connection away, and what waits in it. */
  drop(ending: Ending): void {
    if (this.isOpen) this.ending = ending;
    this.socket.destroy();
  }

  /** Calls back when what waited is taken; never, when the reader has gone before. */
  whenTaken(go: () => void): void {
    if (this.response.writableNeedDrain) this.response.once('drain', go);
    else go();
  }

  /** Once. An answer that has to wait for another one on its connection does not hear when that is gone. */
  whenClosed(go: () => void): void {
    const closed = () => {
      // One tells the other, who does not hear any more then that nobody listens.
      if (this.isGone) return;
      this.isGone = true;
      this.response.off('close', closed);
      this.socket.off('close', closed);
      go();
    };
    this.response.once('close', closed);
    this.socket.once('close', closed);
  }

  private write(text: string): void {
    if (this.isOpen) this.response.write(text);
  }
}
