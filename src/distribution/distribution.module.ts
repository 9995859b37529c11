import { Module } from '@nestjs/common';
import { InboxChangesController } from './inbox-changes.controller.js';
import { InboxChangesService } from './inbox-changes.service.js';
import { SubscriptionsController } from './subscriptions.controller.js';
import { SubscriptionsService } from './subscriptions.service.js';

@Module({
  controllers: [InboxChangesController, SubscriptionsController],
  providers: [InboxChangesService, SubscriptionsService],
})
export class DistributionModule {}
