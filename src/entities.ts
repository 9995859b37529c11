import { ApiKey } from './api-keys/api-key.js';
import { Inbox } from './inboxes/inbox.js';
import { Label } from './labels/label.js';
import { Operator } from './operators/operator.js';
import { WebhookDelivery } from './webhooks/webhook-delivery.js';
import { Webhook } from './webhooks/webhook.js';

/** The plain rows that TypeORM reads and writes; everything else goes through statements. */
export const ENTITIES = [ApiKey, Inbox, Label, Operator, Webhook, WebhookDelivery];
