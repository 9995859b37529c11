import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DistributionModule } from '../distribution/distribution.module.js';
import { GraceController } from './grace.controller.js';
import { Deadline } from './deadline.js';
import { DeadlineExpiry } from './deadline-expiry.js';
import { DeadlinesController } from './deadlines.controller.js';
import { DeadlinesService } from './deadlines.service.js';
import { Expiry } from './expiry.js';
import { GracePeriods } from './grace-periods.js';
import { GraceRepair } from './grace-repair.js';
import { GraceService } from './grace.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Deadline]), DistributionModule],
  controllers: [DeadlinesController, GraceController],
  providers: [DeadlineExpiry, DeadlinesService, Expiry, GracePeriods, GraceRepair, GraceService],
  exports: [GracePeriods],
})
export class DeadlinesModule {}
