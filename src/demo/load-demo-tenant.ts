import type { OperatorPrincipal } from '../access/principal.js';
import { CLAIM, claimValues, type ClaimRow } from '../allocation/claim.js';
import { RESOLVE, resolveValues, type ResolveRow } from '../allocation/resolve.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { Inbox } from '../inboxes/inbox.js';
import { ingestItems, INGEST_MESSAGES } from '../ingest/ingest-messages.js';
import { Operator } from '../operators/operator.js';
import { insertTenant } from '../tenants/tenant-statements.js';
import { DEMO } from './demo-data.js';

const SUBSCRIBE = sql`insert into subscriptions (tenant_id, inbox_id, operator_id, weight) values ($1, $2, $3, $4)`;
const DEFINE_LABEL = sql`insert into labels (tenant_id, id, inbox_id, name, color) values ($1, $2, $3, $4, $5)`;
const ATTACH_LABEL = sql`insert into conversation_labels (tenant_id, conversation_id, label_id) values ($1, $2, $3)`;

/** Makes the demo tenant with all that is in it. */
export async function loadDemoTenant(tx: Transaction, environment: Environment): Promise<void> {
  const tenantId = DEMO.tenant.id;
  const { alpha, beta } = environment.priority;
  const settings = [DEMO.tenant.name, alpha, beta, environment.gracePeriodSeconds];
  await rowsOf(tx, insertTenant(['name', 'alpha', 'beta', 'grace_period_seconds']), [tenantId, ...settings]);
  await tx.insert(
    Inbox,
    DEMO.inboxes.map((inbox) => ({ tenantId, ...inbox })),
  );
  await tx.insert(
    Operator,
    DEMO.operators.map(({ available, ...operator }) => {
      return {
        tenantId,
        ...operator,
        availability: available ? ('AVAILABLE' as const) : ('OFFLINE' as const),
      };
    }),
  );
  for (const { inboxId, operatorId, weight } of DEMO.subscriptions) {
    await rowsOf(tx, SUBSCRIBE, [tenantId, inboxId, operatorId, weight]);
  }
  for (const { id, inboxId, name, color } of DEMO.labels)
    await rowsOf(tx, DEFINE_LABEL, [tenantId, id, inboxId, name, color]);
  for (const conversation of DEMO.conversations) await loadConversation(tx, conversation);
}

/** Through the same statements as real traffic, so that the ledger tells the whole story. */
async function loadConversation(
  tx: Transaction,
  conversation: (typeof DEMO.conversations)[number],
): Promise<void> {
  const tenantId = DEMO.tenant.id;
  const { id, messagesMinutesAgo, takenBy, resolved, labels, lead, ...thread } = conversation;
  const messages = messagesMinutesAgo.map((minutes, index) => ({
    index,
    message: {
      ...thread,
      messageId: `${thread.externalConversationId}-${index + 1}`,
      occurredAt: new Date(Date.now() - minutes * 60_000).toISOString(),
      ...(lead === undefined ? {} : { lead }),
    },
  }));
  const known = { conversationId: id, ...(lead === undefined ? {} : { leadId: lead.id }) };
  const items = ingestItems(messages).map((item) => ({ ...item, ...known }));
  await rowsOf(tx, INGEST_MESSAGES, [tenantId, 'demo', JSON.stringify(items)]);
  for (const labelId of labels ?? []) await rowsOf(tx, ATTACH_LABEL, [tenantId, id, labelId]);
  if (takenBy === undefined) return;
  const operator: OperatorPrincipal = { kind: 'operator', tenantId, operatorId: takenBy, role: 'OPERATOR' };
  const claimed = await rowsOf<ClaimRow>(tx, CLAIM, claimValues(operator, id, null));
  const done =
    resolved === true ? await rowsOf<ResolveRow>(tx, RESOLVE, resolveValues(operator, id, null)) : [];
  for (const { refusal } of [...claimed, ...done]) {
    if (refusal !== null) throw new Error(`the demo conversation ${id} was refused: ${refusal}`);
  }
}
