import { Module } from '@nestjs/common';
import { AllocationBatches } from './allocation-batches.js';
import { AllocationController } from './allocation.controller.js';
import { AllocationService } from './allocation.service.js';
import { SupervisionController } from './supervision.controller.js';
import { SupervisionService } from './supervision.service.js';
import { ExplainController } from './explain.controller.js';
import { ExplainService } from './explain.service.js';
import { Distributor } from './distributor.js';
import { SaturationSweep } from './saturation-sweep.js';

@Module({
  controllers: [AllocationController, SupervisionController, ExplainController],
  providers: [
    AllocationBatches,
    AllocationService,
    SupervisionService,
    ExplainService,
    Distributor,
    SaturationSweep,
  ],
  exports: [Distributor, SaturationSweep],
})
export class AllocationModule {}
