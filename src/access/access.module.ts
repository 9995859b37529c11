import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access-guard.js';
import { Identify } from './identify.js';

@Module({ providers: [Identify, { provide: APP_GUARD, useClass: AccessGuard }] })
export class AccessModule {}
