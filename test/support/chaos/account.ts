import type { EventType } from '../../../src/ledger/event.js';

/** A transition that the service has acknowledged. */
export interface AcknowledgedTransition {
  readonly type: EventType;
  readonly conversationId: string;
  readonly version: number;
  /** The holder after the transition. */
  readonly operatorId: string | null;
}

/** The responses that clients got, to compare with the database. */
export class Account {
  readonly transitions: AcknowledgedTransition[] = [];
  /** Ids of messages, by their thread. */
  readonly messages = new Map<string, Set<string>>();
  /** Responses by status and code. */
  readonly responses = new Map<string, number>();
  operations = 0;
  /** The number of repeated requests. */
  again = 0;

  responded(kind: string): void {
    this.responses.set(kind, (this.responses.get(kind) ?? 0) + 1);
  }

  message(thread: string, id: string): void {
    const known = this.messages.get(thread) ?? new Set();
    this.messages.set(thread, known.add(id));
  }

  get acknowledged(): number {
    const messages = [...this.messages.values()].reduce((sum, ids) => sum + ids.size, 0);
    return messages + this.transitions.length;
  }
}
