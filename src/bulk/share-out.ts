import type { InboxRoomRow, ReceiverRow } from './plan-facts.js';

const RANKS: Record<ReceiverRow['availability'], number> = { AVAILABLE: 0, PAUSED: 1, OFFLINE: 2 };

/** Shares conversations out among operators: each goes to the one with the least load who has room for it. */
export class ShareOut {
  private readonly loads: Map<string, number>;
  private readonly rooms: Map<string, number>;

  /** @param isOverriding whether everybody has room */
  constructor(
    private readonly receivers: readonly ReceiverRow[],
    rooms: readonly InboxRoomRow[],
    private readonly isOverriding: boolean,
  ) {
    this.loads = new Map(receivers.map(({ id, load }) => [id, load]));
    this.rooms = new Map(
      rooms.map(({ operator_id, inbox_id, room }) => [`${operator_id} ${inbox_id}`, room]),
    );
  }

  /**
   * The operator who receives the next conversation. Who holds it keeps it. Of those with the same load it is the one who
   * was named first.
   * @returns null when nobody has room
   */
  next(inboxId: string, holder: string | null): string | null {
    if (holder !== null && this.loads.has(holder)) return holder;
    const [receiver] = this.receivers
      .filter((one) => this.isOverriding || this.hasRoom(one, inboxId))
      .map((one) => ({ ...one, load: this.loads.get(one.id) ?? 0 }))
      .sort((a, b) => RANKS[a.availability] - RANKS[b.availability] || a.load - b.load);
    if (receiver === undefined) return null;
    const { id } = receiver;
    this.loads.set(id, receiver.load + 1);
    const room = this.rooms.get(`${id} ${inboxId}`);
    if (room !== undefined) this.rooms.set(`${id} ${inboxId}`, room - 1);
    return id;
  }

  private hasRoom({ id, max_load }: ReceiverRow, inboxId: string): boolean {
    const load = this.loads.get(id) ?? 0;
    return (max_load === null || load < max_load) && (this.rooms.get(`${id} ${inboxId}`) ?? 1) > 0;
  }
}
