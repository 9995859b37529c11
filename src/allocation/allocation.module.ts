import { Module } from '@nestjs/common';
import { AllocationController } from './allocation.controller.js';
import { AllocationService } from './allocation.service.js';
import { SupervisionController } from './supervision.controller.js';
import { SupervisionService } from './supervision.service.js';
import { SaturationSweep } from './saturation-sweep.js';

@Module({
  controllers: [AllocationController, SupervisionController],
  providers: [AllocationService, SupervisionService, SaturationSweep],
  exports: [SaturationSweep],
})
export class AllocationModule {}
