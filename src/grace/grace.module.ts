import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DistributionModule } from '../distribution/distribution.module.js';
import { GraceController } from './grace.controller.js';
import { GraceExpiry } from './grace-expiry.js';
import { GracePeriod } from './grace-period.js';
import { GracePeriods } from './grace-periods.js';
import { GraceRepair } from './grace-repair.js';
import { GraceService } from './grace.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([GracePeriod]), DistributionModule],
  controllers: [GraceController],
  providers: [GraceService, GracePeriods, GraceExpiry, GraceRepair],
  exports: [GracePeriods],
})
export class GraceModule {}
