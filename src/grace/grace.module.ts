import { Module } from '@nestjs/common';
import { GraceController } from './grace.controller.js';
import { GraceExpiry } from './grace-expiry.js';

@Module({ controllers: [GraceController], providers: [GraceExpiry], exports: [GraceExpiry] })
export class GraceModule {}
