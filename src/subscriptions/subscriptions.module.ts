import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DistributionModule } from '../distribution/distribution.module.js';
import { InboxesModule } from '../inboxes/inboxes.module.js';
import { OperatorsModule } from '../operators/operators.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { Subscription } from './subscription.js';
import { SubscriptionsController } from './subscriptions.controller.js';
import { SubscriptionsService } from './subscriptions.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([Subscription]),
    DistributionModule,
    InboxesModule,
    OperatorsModule,
    QuotasModule,
  ],
  controllers: [SubscriptionsController],
  providers: [SubscriptionsService],
})
export class SubscriptionsModule {}
