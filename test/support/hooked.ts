import { Webhook as Verifier } from 'standardwebhooks';
import type { EventResponse } from '../../src/ledger/event.js';
import { Deliverer } from '../../src/webhooks/deliverer.js';
import type { DeliveryResponse } from '../../src/webhooks/webhook-delivery.js';
import type { NewWebhook } from '../../src/webhooks/webhook.js';
import type { TestApplication } from './application.js';
import { page, type Query } from './pages.js';
import type { Received } from './receiver.js';
import { until } from './until.js';
import type { World } from './world.js';

/** Allows the receivers of tests, and shortens the timeout. */
export const REACHABLE = { WEBHOOK_ALLOW_PRIVATE_TARGETS: 'yes', WEBHOOK_TIMEOUT_SECONDS: '1' };

export async function hook(world: World, url: string, fields: object = {}): Promise<NewWebhook> {
  const { body } = await world.app
    .call('post', '/webhooks', world.admin)
    .send({ url, ...fields })
    .expect(201);
  return body as NewWebhook;
}

export async function deliveriesOf(world: World, id: string, query: Query = {}): Promise<DeliveryResponse[]> {
  const all = { limit: 100, ...query };
  return (await page<DeliveryResponse>(world.app, `/webhooks/${id}/deliveries`, world.admin, all)).data;
}

/** Runs the delivery job until the condition holds, because failed attempts and other instances take time. */
export function deliverUntil(app: TestApplication, isSo: () => boolean | Promise<boolean>): Promise<void> {
  return until(async () => {
    await app.nest.get(Deliverer).runOnce();
    return isSo();
  });
}

/** Makes all pending attempts due now. */
export async function makeDue(world: World): Promise<void> {
  await world.app.database.rows(
    `update webhook_deliveries set next_attempt_at = now() where tenant_id = $1 and status = 'PENDING'`,
    [world.tenantId],
  );
}

/** Verifies a delivery as a receiver does. @throws when the signature does not match the secret */
export function opened(secret: string, { body, headers }: Received) {
  return new Verifier(secret).verify(body, headers) as {
    type: string;
    timestamp: string;
    data: EventResponse;
  };
}

export const idOf = ({ headers }: Received): string => headers['webhook-id']!;
