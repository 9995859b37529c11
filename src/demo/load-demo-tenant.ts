import type { OperatorPrincipal } from '../access/principal.js';
import { CLAIM, claimValues, type ClaimRow } from '../allocation/claim.js';
import { RESOLVE, resolveValues, type ResolveRow } from '../allocation/resolve.js';
import type { Environment } from '../config/environment.js';
import { ATTACH_LABEL } from '../conversations/attach-label.js';
import type { Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Inbox } from '../inboxes/inbox.js';
import { ingestItems, INGEST_MESSAGES } from '../ingest/ingest-messages.js';
import { Label } from '../labels/label.js';
import { Operator } from '../operators/operator.js';
import { Subscription } from '../subscriptions/subscription.js';
import { Tenant } from '../tenants/tenant.js';
import { DEMO } from './demo-data.js';

/** Creates the tenant of the tours with all its data. @returns how many conversations there are */
export async function loadDemoTenant(tx: Transaction, environment: Environment): Promise<number> {
  const tenantId = DEMO.tenant.id;
  const { priority, gracePeriodSeconds } = environment;
  await tx.insert(Tenant, { ...DEMO.tenant, ...priority, gracePeriodSeconds });
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
  await tx.insert(
    Subscription,
    DEMO.subscriptions.map((subscription) => ({ tenantId, ...subscription })),
  );
  await tx.insert(
    Label,
    DEMO.labels.map((label) => ({ tenantId, ...label })),
  );
  for (const conversation of DEMO.conversations) await loadConversation(tx, conversation);
  return DEMO.conversations.length;
}

/** Uses the same statements as real traffic, so that the ledger is complete. */
async function loadConversation(
  tx: Transaction,
  conversation: (typeof DEMO.conversations)[number],
): Promise<void> {
  const tenantId = DEMO.tenant.id;
  const { id, messagesMinutesAgo, claimedBy, resolved, labels, lead, ...thread } = conversation;
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
  if (claimedBy === undefined) return;
  const operator: OperatorPrincipal = { kind: 'operator', tenantId, operatorId: claimedBy, role: 'OPERATOR' };
  const claimed = await rowsOf<ClaimRow>(tx, CLAIM, claimValues(operator, id, null));
  const done =
    resolved === true ? await rowsOf<ResolveRow>(tx, RESOLVE, resolveValues(operator, id, null)) : [];
  for (const { refusal } of [...claimed, ...done]) {
    if (refusal !== null) throw new Error(`demo conversation ${id} was refused: ${refusal}`);
  }
}
