import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DistributionModule } from '../distribution/distribution.module.js';
import { GraceController } from './grace.controller.js';
import { GraceExpiry } from './grace-expiry.js';
import { Deadline } from './deadline.js';
import { GracePeriods } from './grace-periods.js';
import { GraceRepair } from './grace-repair.js';
import { GraceService } from './grace.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Deadline]), DistributionModule],
  controllers: [GraceController],
  providers: [GraceService, GracePeriods, GraceExpiry, GraceRepair],
  exports: [GracePeriods],
})
export class DeadlinesModule {}
