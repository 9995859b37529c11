import { ApiKey } from './api-keys/api-key.js';
import { ConversationLabel } from './conversations/conversation-label.js';
import { ConversationRow } from './conversations/conversation.js';
import { Deadline } from './deadlines/deadline.js';
import { Inbox } from './inboxes/inbox.js';
import { Label } from './labels/label.js';
import { Operator } from './operators/operator.js';
import { Subscription } from './subscriptions/subscription.js';
import { Tenant } from './tenants/tenant.js';
import { WebhookDelivery } from './webhooks/webhook-delivery.js';
import { Webhook } from './webhooks/webhook.js';

/** The rows that repositories read and write. Transitions, the queue and the statistics use SQL statements. */
export const ENTITIES = [
  ApiKey,
  ConversationLabel,
  ConversationRow,
  Deadline,
  Inbox,
  Label,
  Operator,
  Subscription,
  Tenant,
  Webhook,
  WebhookDelivery,
];
