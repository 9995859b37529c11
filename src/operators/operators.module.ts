import { Module } from '@nestjs/common';
import { OperatorsController } from './operators.controller.js';
import { OperatorsService } from './operators.service.js';
import { SubscriptionsController } from './subscriptions.controller.js';
import { SubscriptionsService } from './subscriptions.service.js';

@Module({
  controllers: [OperatorsController, SubscriptionsController],
  providers: [OperatorsService, SubscriptionsService],
})
export class OperatorsModule {}
