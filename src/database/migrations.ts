import { Roles1795219200000 } from '../../migrations/1795219200000-roles.js';
import { TenantsInboxesOperators1795219201000 } from '../../migrations/1795219201000-tenants-inboxes-operators.js';
import { ConversationsLeadsLabels1795219202000 } from '../../migrations/1795219202000-conversations-leads-labels.js';
import { Ledger1795219203000 } from '../../migrations/1795219203000-ledger.js';
import { Queue1795219204000 } from '../../migrations/1795219204000-queue.js';
import { Allocate1795219205000 } from '../../migrations/1795219205000-allocate.js';
import { Ingest1795219206000 } from '../../migrations/1795219206000-ingest.js';
import { AcrossTenants1795219207000 } from '../../migrations/1795219207000-across-tenants.js';
import { GracePeriods1795219208000 } from '../../migrations/1795219208000-grace-periods.js';
import { CandidateWindow1795219209000 } from '../../migrations/1795219209000-candidate-window.js';
import { RerankInBatches1795219210000 } from '../../migrations/1795219210000-rerank-in-batches.js';
import { DistributionStrategies1795219211000 } from '../../migrations/1795219211000-distribution-strategies.js';
import { HandOut1795219211500 } from '../../migrations/1795219211500-hand-out.js';
import { Activity1795219212000 } from '../../migrations/1795219212000-activity.js';
import { FoldActivity1795219212001 } from '../../migrations/1795219212001-fold-activity.js';
import { LeadSearch1795219213000 } from '../../migrations/1795219213000-lead-search.js';
import { LeadFieldsByTime1795219214000 } from '../../migrations/1795219214000-lead-fields-by-time.js';
import { ApiKeys1795219215000 } from '../../migrations/1795219215000-api-keys.js';
import { RateLimits1795219216000 } from '../../migrations/1795219216000-rate-limits.js';
import { IdempotencyKeys1795219217000 } from '../../migrations/1795219217000-idempotency-keys.js';
import { Webhooks1795219220000 } from '../../migrations/1795219220000-webhooks.js';
import { Backlog1795219230000 } from '../../migrations/1795219230000-backlog.js';
import { NamedIndexes1795219240000 } from '../../migrations/1795219240000-named-indexes.js';
import { QueueHeads1795219241000 } from '../../migrations/1795219241000-queue-heads.js';
import { VacuumByCount1795219242000 } from '../../migrations/1795219242000-vacuum-by-count.js';
import { IngestAtAnyDepth1795219250000 } from '../../migrations/1795219250000-ingest-at-any-depth.js';
import { HeadsOfInboxes1795219260000 } from '../../migrations/1795219260000-heads-of-inboxes.js';
import { AllocateTogether1795219261000 } from '../../migrations/1795219261000-allocate-together.js';
import { LookByIndex1795219261500 } from '../../migrations/1795219261500-look-by-index.js';
import { IdentifyTogether1795219262000 } from '../../migrations/1795219262000-identify-together.js';
import { LockByExternalId1795219262500 } from '../../migrations/1795219262500-lock-by-external-id.js';
import { HeadsByCount1795219263000 } from '../../migrations/1795219263000-heads-by-count.js';

/** Every migration, in the order they run. Named one by one: a forgotten file is seen here. */
export const MIGRATIONS = [
  Roles1795219200000,
  TenantsInboxesOperators1795219201000,
  ConversationsLeadsLabels1795219202000,
  Ledger1795219203000,
  Queue1795219204000,
  Allocate1795219205000,
  Ingest1795219206000,
  AcrossTenants1795219207000,
  GracePeriods1795219208000,
  CandidateWindow1795219209000,
  RerankInBatches1795219210000,
  DistributionStrategies1795219211000,
  HandOut1795219211500,
  Activity1795219212000,
  FoldActivity1795219212001,
  LeadSearch1795219213000,
  LeadFieldsByTime1795219214000,
  ApiKeys1795219215000,
  RateLimits1795219216000,
  IdempotencyKeys1795219217000,
  Webhooks1795219220000,
  Backlog1795219230000,
  NamedIndexes1795219240000,
  QueueHeads1795219241000,
  VacuumByCount1795219242000,
  IngestAtAnyDepth1795219250000,
  HeadsOfInboxes1795219260000,
  AllocateTogether1795219261000,
  LookByIndex1795219261500,
  IdentifyTogether1795219262000,
  LockByExternalId1795219262500,
  HeadsByCount1795219263000,
];
