import type { Role } from '../../../src/access/principal.js';
import type { DeadlineKind } from '../../../src/deadlines/deadline.js';
import type { Outcome } from '../../../src/ledger/outcome.js';
import type { State } from '../../../src/ledger/state-machine.js';
import type { EventType } from '../../../src/ledger/event.js';
import type { Availability } from '../../../src/operators/operator.js';
import type { Waiting } from '../priority-model.js';

export interface ModelPerson {
  role: Role;
  maxLoad: number | null;
  isActive: boolean;
  availability: Availability;
  /** The number of changes of their availability. */
  changes: number;
  inboxes: Set<number>;
  /** How many in a row they did not accept. */
  misses: number;
}

export interface ModelConversation extends Waiting {
  /** What its messages name. */
  thread: string;
  origin: number;
  inbox: number;
  state: State;
  holder: number | null;
  outcome: Outcome | null;
  version: number;
  /** The type of its last ledger entry. */
  event: EventType;
  grace: 'running' | 'due' | null;
  /** When it was last resolved. The customer does not wait because of a message from before. */
  closedAt: Date | null;
  /** The last person who held it, or holds it. */
  lastHolder: number | null;
  /** From whom the service took it. */
  lostBy: Set<number>;
  /** Who has declined it; true: strictly, also when nobody else could take it. */
  declines: Map<number, boolean>;
  /** The running deadlines beside the grace period. */
  deadlines: Set<Exclude<DeadlineKind, 'GRACE'>>;
  isParked: boolean;
  /** Whether it is parked until a time. */
  until: boolean;
  isAwaitingReply: boolean;
  repliedAt: Date | null;
  /** Whether it was told of this wait that the reply is overdue. */
  isOverdue: boolean;
  /** Its own boost. `boostMinutes` has that of its inbox too. */
  ownBoost: number;
}
