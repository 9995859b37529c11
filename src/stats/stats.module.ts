import { Module } from '@nestjs/common';
import { OperatorsModule } from '../operators/operators.module.js';
import { ActivityFold } from './activity-fold.js';
import { StatsController } from './stats.controller.js';
import { StatsService } from './stats.service.js';

@Module({
  imports: [OperatorsModule],
  controllers: [StatsController],
  providers: [StatsService, ActivityFold],
})
export class StatsModule {}
