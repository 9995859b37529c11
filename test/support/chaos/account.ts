import type { EventType } from '../../../src/ledger/event.js';

/** A transition that the service has acknowledged. */
export interface AcknowledgedTransition {
  readonly type: EventType;
  readonly conversationId: string;
  readonly version: number;
  /** Who holds it then. */
  readonly operatorId: string | null;
}

/** What clients were told, to be compared with what is there. */
export class Account {
  readonly transitions: AcknowledgedTransition[] = [];
  /** Ids of messages, by their thread. */
  readonly messages = new Map<string, Set<string>>();
  /** Answers by status and code. */
  readonly answers = new Map<string, number>();
  operations = 0;
  /** Requests that had to be sent again. */
  again = 0;

  answered(kind: string): void {
    this.answers.set(kind, (this.answers.get(kind) ?? 0) + 1);
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
