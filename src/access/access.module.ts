import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { CountHandlers } from './count-handlers.interceptor.js';
import { EventTickets } from './event-tickets.js';
import { FailedAuthentications } from './failed-authentications.js';
import { GuessLimiter } from './guess-limiter.js';
import { Identify } from './identify.js';
import { RateLimiter } from './rate-limiter.js';
import { RefusedRequests } from './refused-requests.js';
import { RequestsInFlight } from './requests-in-flight.js';
import { SignedRequests } from './signed-requests.js';
import { TokenVerifier } from './token-verifier.js';

@Module({
  providers: [
    Identify,
    ApiKeyVerifier,
    TokenVerifier,
    EventTickets,
    RateLimiter,
    SignedRequests,
    RefusedRequests,
    FailedAuthentications,
    GuessLimiter,
    RequestsInFlight,
    AccessGuard,
    { provide: APP_INTERCEPTOR, useClass: CountHandlers },
  ],
  exports: [SignedRequests, EventTickets],
})
export class AccessModule {}
