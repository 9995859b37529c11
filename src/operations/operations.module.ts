import { Module } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { OperationsController } from './operations.controller.js';
import { Readiness } from './readiness.js';
import { Shutdown } from './shutdown.js';

@Module({ controllers: [OperationsController], providers: [Metrics, Readiness, Shutdown] })
export class OperationsModule {}
