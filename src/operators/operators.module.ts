import { Module } from '@nestjs/common';
import { DistributionModule } from '../distribution/distribution.module.js';
import { AvailabilityController } from './availability.controller.js';
import { AvailabilityService } from './availability.service.js';
import { OperatorsController } from './operators.controller.js';
import { OperatorsService } from './operators.service.js';

@Module({
  imports: [DistributionModule],
  controllers: [AvailabilityController, OperatorsController],
  providers: [AvailabilityService, OperatorsService],
})
export class OperatorsModule {}
