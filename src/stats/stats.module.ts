import { Module } from '@nestjs/common';
import { ActivityFold } from './activity-fold.js';
import { StatsController } from './stats.controller.js';
import { StatsService } from './stats.service.js';

@Module({ controllers: [StatsController], providers: [StatsService, ActivityFold] })
export class StatsModule {}
