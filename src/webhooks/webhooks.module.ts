import { Module } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveriesService } from './deliveries.service.js';
import { Deliverer } from './deliverer.js';
import { GuardedPost } from './guarded-post.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

@Module({
  controllers: [WebhooksController, DeliveriesController],
  providers: [
    WebhooksService,
    DeliveriesService,
    Deliverer,
    {
      provide: GuardedPost,
      inject: [ENVIRONMENT],
      useFactory: ({ webhooks }: Environment) =>
        new GuardedPost({
          allowPrivate: webhooks.allowPrivateTargets,
          timeoutMs: webhooks.timeoutSeconds * 1_000,
        }),
    },
  ],
})
export class WebhooksModule {}
