import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access-guard.js';
import { Identify } from './identify.js';
import { TokenVerifier } from './token-verifier.js';

@Module({ providers: [Identify, TokenVerifier, { provide: APP_GUARD, useClass: AccessGuard }] })
export class AccessModule {}
