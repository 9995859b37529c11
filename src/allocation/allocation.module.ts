import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { DistributionModule } from '../distribution/distribution.module.js';
import { DeadlinesModule } from '../deadlines/deadlines.module.js';
import { InboxesModule } from '../inboxes/inboxes.module.js';
import { OperatorsModule } from '../operators/operators.module.js';
import { AllocationBatches } from './allocation-batches.js';
import { AllocationController } from './allocation.controller.js';
import { AllocationService } from './allocation.service.js';
import { HandOverController } from './hand-over.controller.js';
import { HandOverService } from './hand-over.service.js';
import { HoldController } from './hold.controller.js';
import { HoldService } from './hold.service.js';
import { SupervisionController } from './supervision.controller.js';
import { SupervisionService } from './supervision.service.js';
import { ExplainController } from './explain.controller.js';
import { ExplainService } from './explain.service.js';
import { ReceiversController } from './receivers.controller.js';
import { ReceiversService } from './receivers.service.js';

@Module({
  imports: [ConversationsModule, DistributionModule, DeadlinesModule, InboxesModule, OperatorsModule],
  controllers: [
    AllocationController,
    HandOverController,
    SupervisionController,
    HoldController,
    ExplainController,
    ReceiversController,
  ],
  providers: [
    AllocationBatches,
    AllocationService,
    HandOverService,
    SupervisionService,
    HoldService,
    ExplainService,
    ReceiversService,
  ],
  exports: [AllocationService, SupervisionService],
})
export class AllocationModule {}
