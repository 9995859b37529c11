import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { InboxesModule } from '../inboxes/inboxes.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveriesService } from './deliveries.service.js';
import { Deliverer } from './deliverer.js';
import { GuardedPost } from './guarded-post.js';
import { NameLookups } from './name-lookups.js';
import { byNameServers, orOnThisMachine } from './resolve.js';
import { WebhookDelivery } from './webhook-delivery.js';
import { WebhookReader } from './webhook-reader.js';
import { Webhook } from './webhook.js';
import { WebhookDeletion } from './webhook-deletion.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Webhook, WebhookDelivery]), InboxesModule, QuotasModule],
  controllers: [WebhooksController, DeliveriesController],
  providers: [
    WebhooksService,
    WebhookReader,
    DeliveriesService,
    Deliverer,
    WebhookDeletion,
    { provide: GuardedPost, inject: [ENVIRONMENT], useFactory: guardedPostOf },
  ],
  exports: [WebhooksService],
})
export class WebhooksModule {}

function guardedPostOf({ webhooks }: Environment): GuardedPost {
  const allowPrivate = webhooks.allowPrivateTargets;
  const lookups = new NameLookups(allowPrivate ? orOnThisMachine(byNameServers()) : byNameServers(), {
    atOnce: webhooks.nameLookups,
    ofTenant: webhooks.nameLookupsPerTenant,
    failureMs: webhooks.failedNameSeconds * 1_000,
  });
  return new GuardedPost({ allowPrivate, timeoutMs: webhooks.timeoutSeconds * 1_000 }, lookups.resolve);
}
