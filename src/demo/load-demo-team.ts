import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { Inbox } from '../inboxes/inbox.js';
import { Label } from '../labels/label.js';
import { Operator } from '../operators/operator.js';
import { Subscription } from '../subscriptions/subscription.js';
import { Tenant } from '../tenants/tenant.js';
import { TEAM } from './demo-team.js';
import { pastDay } from './past-day.js';
import { entriesOf, rowOf, storyOf, withIds } from './story.js';
import {
  INSERT_CONVERSATIONS,
  INSERT_ENTRIES,
  INSERT_FEED,
  INSERT_GRACE_PERIODS,
  INSERT_SEARCH,
  SET_STATUSES,
} from './team-statements.js';

/** Long enough that a newcomer sees it. */
const GRACE_SECONDS = 900;

/**
 * Creates the team in the middle of its day. The ledger says when each thing happened, which the statements of real
 * traffic take from the clock. So this writes rows and ledger itself; verify holds it to all invariants.
 * @returns how many conversations there are
 */
export async function loadDemoTeam(tx: Transaction, { priority }: Environment): Promise<number> {
  const tenantId = TEAM.tenant.id;
  const ofTenant = <Row extends object>(rows: readonly Row[]) => rows.map((row) => ({ tenantId, ...row }));
  await tx.insert(Tenant, {
    ...TEAM.tenant,
    ...priority,
    gracePeriodSeconds: GRACE_SECONDS,
    delayBasis: 'WAITING_SINCE',
  });
  await tx.insert(Inbox, ofTenant(TEAM.inboxes.map(({ share: _, ...inbox }) => inbox)));
  await tx.insert(
    Operator,
    ofTenant(
      TEAM.operators.map(({ id, name, email, role, maxLoad }) => ({ id, name, email, role, maxLoad })),
    ),
  );
  await tx.insert(
    Subscription,
    ofTenant(
      TEAM.operators.flatMap(({ id, inboxes }) =>
        inboxes.map((inboxId) => ({ inboxId, operatorId: id, weight: 1 })),
      ),
    ),
  );
  await tx.insert(Label, ofTenant(TEAM.labels.map((label) => ({ ...label, createdBy: TEAM.supervisorId }))));
  const statuses = TEAM.operators.map((operator) => ({ ...operator, eventId: newId() }));
  await rowsOf(tx, SET_STATUSES, [tenantId, JSON.stringify(statuses)]);

  const past = pastDay();
  const present = TEAM.present.map((each, i) => storyOf(each, past.length + i));
  const stories = [...past, ...present].map(withIds);
  await rowsOf(tx, INSERT_CONVERSATIONS, [tenantId, JSON.stringify(stories.map(rowOf))]);
  await rowsOf(tx, INSERT_ENTRIES, [tenantId, JSON.stringify(stories.flatMap(entriesOf))]);
  await rowsOf(tx, INSERT_FEED, [tenantId, newId()]);
  await rowsOf(tx, INSERT_SEARCH, [tenantId, newId()]);
  await rowsOf(tx, INSERT_GRACE_PERIODS, [tenantId, GRACE_SECONDS]);
  return stories.length;
}
