import { Module } from '@nestjs/common';
import { AllocationModule } from '../allocation/allocation.module.js';
import { DistributionSweep } from './distribution-sweep.js';
import { InboxChangesController } from './inbox-changes.controller.js';
import { InboxChangesService } from './inbox-changes.service.js';
import { SubscriptionsController } from './subscriptions.controller.js';
import { SubscriptionsService } from './subscriptions.service.js';

@Module({
  imports: [AllocationModule],
  controllers: [InboxChangesController, SubscriptionsController],
  providers: [DistributionSweep, InboxChangesService, SubscriptionsService],
  exports: [DistributionSweep],
})
export class DistributionModule {}
