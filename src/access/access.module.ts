import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { Identify } from './identify.js';
import { RateLimiter } from './rate-limiter.js';
import { SignedRequests } from './signed-requests.js';
import { TokenVerifier } from './token-verifier.js';

@Module({
  providers: [
    Identify,
    ApiKeyVerifier,
    TokenVerifier,
    RateLimiter,
    SignedRequests,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [SignedRequests],
})
export class AccessModule {}
