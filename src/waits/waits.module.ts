import { Module } from '@nestjs/common';
import { OverdueWaits } from './overdue-waits.js';

@Module({ providers: [OverdueWaits] })
export class WaitsModule {}
