import { Module } from '@nestjs/common';
import { AllocationController } from './allocation.controller.js';
import { AllocationService } from './allocation.service.js';
import { SaturationSweep } from './saturation-sweep.js';

@Module({
  controllers: [AllocationController],
  providers: [AllocationService, SaturationSweep],
  exports: [SaturationSweep],
})
export class AllocationModule {}
