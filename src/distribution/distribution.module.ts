import { Module } from '@nestjs/common';
import { DistributionSweep } from './distribution-sweep.js';
import { Distributor } from './distributor.js';

@Module({ providers: [Distributor, DistributionSweep], exports: [Distributor] })
export class DistributionModule {}
