import { Module } from '@nestjs/common';
import { OperationsController } from './operations.controller.js';
import { Shutdown } from './shutdown.js';

@Module({ controllers: [OperationsController], providers: [Shutdown] })
export class OperationsModule {}
