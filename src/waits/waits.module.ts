import { Module } from '@nestjs/common';
import { Attendance } from './attendance.js';
import { OverdueWaits } from './overdue-waits.js';

@Module({ providers: [Attendance, OverdueWaits] })
export class WaitsModule {}
