import { Module } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { OperationsController } from './operations.controller.js';
import { Shutdown } from './shutdown.js';

@Module({ controllers: [OperationsController], providers: [Metrics, Shutdown] })
export class OperationsModule {}
