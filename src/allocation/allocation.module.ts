import { Module } from '@nestjs/common';
import { DistributionModule } from '../distribution/distribution.module.js';
import { OperatorsModule } from '../operators/operators.module.js';
import { AllocationBatches } from './allocation-batches.js';
import { AllocationController } from './allocation.controller.js';
import { AllocationService } from './allocation.service.js';
import { SupervisionController } from './supervision.controller.js';
import { SupervisionService } from './supervision.service.js';
import { ExplainController } from './explain.controller.js';
import { ExplainService } from './explain.service.js';

@Module({
  imports: [DistributionModule, OperatorsModule],
  controllers: [AllocationController, SupervisionController, ExplainController],
  providers: [AllocationBatches, AllocationService, SupervisionService, ExplainService],
})
export class AllocationModule {}
