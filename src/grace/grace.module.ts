import { Module } from '@nestjs/common';
import { AllocationModule } from '../allocation/allocation.module.js';
import { GraceController } from './grace.controller.js';
import { GraceExpiry } from './grace-expiry.js';

@Module({
  imports: [AllocationModule],
  controllers: [GraceController],
  providers: [GraceExpiry],
  exports: [GraceExpiry],
})
export class GraceModule {}
