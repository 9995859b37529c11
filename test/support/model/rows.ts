import type { Role } from '../../../src/access/principal.js';
import type { State } from '../../../src/ledger/state-machine.js';
import type { EventType } from '../../../src/ledger/event.js';
import type { Waiting } from '../priority-model.js';

export interface ModelPerson {
  role: Role;
  maxLoad: number | null;
  isActive: boolean;
  isAvailable: boolean;
  /** The number of changes of their availability. */
  changes: number;
  inboxes: Set<number>;
}

export interface ModelConversation extends Waiting {
  /** What its messages name. */
  thread: string;
  origin: number;
  inbox: number;
  state: State;
  holder: number | null;
  version: number;
  /** The type of its last ledger entry. */
  event: EventType;
  grace: 'running' | 'due' | null;
  /** When it was last resolved. The customer does not wait because of a message from before. */
  closedAt: Date | null;
}
