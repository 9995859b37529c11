import { Module } from '@nestjs/common';
import { DistributionModule } from '../distribution/distribution.module.js';
import { GraceController } from './grace.controller.js';
import { GraceExpiry } from './grace-expiry.js';

@Module({
  imports: [DistributionModule],
  controllers: [GraceController],
  providers: [GraceExpiry],
  exports: [GraceExpiry],
})
export class GraceModule {}
