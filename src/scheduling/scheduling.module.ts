import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { Jobs } from './jobs.js';

@Global()
@Module({ imports: [DiscoveryModule, ScheduleModule.forRoot()], providers: [Jobs], exports: [Jobs] })
export class SchedulingModule {}
