import { TenantsInboxesOperators1795600001000 } from '../../migrations/1795600001000-tenants-inboxes-operators.js';
import { ConversationsLeadsLabels1795600002000 } from '../../migrations/1795600002000-conversations-leads-labels.js';
import { LedgerAndFeed1795600003000 } from '../../migrations/1795600003000-ledger-and-feed.js';
import { Statistics1795600004000 } from '../../migrations/1795600004000-statistics.js';
import { Access1795600005000 } from '../../migrations/1795600005000-access.js';
import { Webhooks1795600006000 } from '../../migrations/1795600006000-webhooks.js';
import { NamesAndStrategies1795600007000 } from '../../migrations/1795600007000-names-and-strategies.js';
import { UniqueNames1795600008000 } from '../../migrations/1795600008000-unique-names.js';
import { UnfinishedChanges1795600009000 } from '../../migrations/1795600009000-unfinished-changes.js';
import { SealedSecrets1795600010000 } from '../../migrations/1795600010000-sealed-secrets.js';
import { ThreadsAndCustomers1795600011000 } from '../../migrations/1795600011000-threads-and-customers.js';
import { TheOperatorsDay1795600013000 } from '../../migrations/1795600013000-the-operators-day.js';
import { Governance1795600014000 } from '../../migrations/1795600014000-governance.js';
import { Erasure1795600015000 } from '../../migrations/1795600015000-erasure.js';
import { DeletionOfTenants1795600016000 } from '../../migrations/1795600016000-deletion-of-tenants.js';
import { Waits1795600018000 } from '../../migrations/1795600018000-waits.js';
import { OverdueWaits1795600018100 } from '../../migrations/1795600018100-overdue-waits.js';
import { UnattendedInboxes1795600018200 } from '../../migrations/1795600018200-unattended-inboxes.js';
import { ListsByWait1795600019000 } from '../../migrations/1795600019000-lists-by-wait.js';
import { BulkActions1795600020000 } from '../../migrations/1795600020000-bulk-actions.js';
import { Outlooks1795600021000 } from '../../migrations/1795600021000-outlooks.js';
import { Outcomes1795600022000 } from '../../migrations/1795600022000-outcomes.js';
import { SeriesOfOutcomes1795600022100 } from '../../migrations/1795600022100-series-of-outcomes.js';
import { EndedWaits1795600023000 } from '../../migrations/1795600023000-ended-waits.js';
import { LabelsByActivity1795600024000 } from '../../migrations/1795600024000-labels-by-activity.js';

/** Every migration in the order of execution. The list is explicit, so that a forgotten file is noticed. */
export const MIGRATIONS = [
  TenantsInboxesOperators1795600001000,
  ConversationsLeadsLabels1795600002000,
  LedgerAndFeed1795600003000,
  Statistics1795600004000,
  Access1795600005000,
  Webhooks1795600006000,
  NamesAndStrategies1795600007000,
  UniqueNames1795600008000,
  UnfinishedChanges1795600009000,
  SealedSecrets1795600010000,
  ThreadsAndCustomers1795600011000,
  TheOperatorsDay1795600013000,
  Governance1795600014000,
  Erasure1795600015000,
  DeletionOfTenants1795600016000,
  Waits1795600018000,
  OverdueWaits1795600018100,
  UnattendedInboxes1795600018200,
  ListsByWait1795600019000,
  BulkActions1795600020000,
  Outlooks1795600021000,
  Outcomes1795600022000,
  SeriesOfOutcomes1795600022100,
  EndedWaits1795600023000,
  LabelsByActivity1795600024000,
];

/** The last of those that adoption of an earlier database stands for; the ones after it run there as everywhere. */
export const ADOPTED_UP_TO = Webhooks1795600006000;

/**
 * The last of those that drop functions which running instances call. They ran each in its own transaction, with the
 * service stopped. Later ones serve the former release while they run (docs/database.md).
 */
export const STOPPED_UP_TO = EndedWaits1795600023000;

/** The name of the newest migration of this build, as in the table `migrations`. */
export const NEWEST_MIGRATION = MIGRATIONS.at(-1)?.name ?? 'none';
