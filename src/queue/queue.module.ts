import { Module } from '@nestjs/common';
import { QueueReranker } from './reranker.js';
import { SaturationSweep } from './saturation-sweep.js';

@Module({ providers: [QueueReranker, SaturationSweep] })
export class QueueModule {}
