import { Module } from '@nestjs/common';
import { DistributionModule } from '../distribution/distribution.module.js';
import { GraceController } from './grace.controller.js';
import { GraceExpiry } from './grace-expiry.js';
import { GraceRepair } from './grace-repair.js';
import { GraceService } from './grace.service.js';

@Module({
  imports: [DistributionModule],
  controllers: [GraceController],
  providers: [GraceService, GraceExpiry, GraceRepair],
})
export class GraceModule {}
