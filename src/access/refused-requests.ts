import { Injectable, Logger } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { RefusalLog } from '../http/refusal-log.js';
import type { CallerIdentity } from './principal.js';

const REASONS = [
  'principal rate',
  'tenant rate',
  'principal in flight',
  'tenant in flight',
  'waited too long',
  'failed authentications',
] as const;
export type RefusalReason = (typeof REASONS)[number];

const REFUSED = new Counter({
  name: 'inbox_requests_refused_total',
  help: 'Requests refused with RATE_LIMITED, by the limit that was reached. The log names tenant and principal.',
  labelNames: ['reason'],
});
// Prometheus computes a rate only from the second sample, so every counter starts at 0.
for (const reason of REASONS) REFUSED.inc({ reason }, 0);

export const WAITING = new Gauge({
  name: 'inbox_requests_waiting',
  help: 'Requests that wait because their principal has as many at work as it can have.',
});

/** Counts refused requests, and logs who was refused. */
@Injectable()
export class RefusedRequests {
  private readonly log = new RefusalLog(new Logger('access'));

  /** @param caller null for the platform */
  count(caller: CallerIdentity | null, reason: RefusalReason): void {
    REFUSED.inc({ reason });
    const tenantId = caller?.tenantId ?? null;
    this.log.say({ tenantId, principal: caller?.identity ?? 'platform', reason }, 'requests are refused');
  }

  /** When nobody knows who is calling. */
  countAddress(address: string, reason: RefusalReason): void {
    REFUSED.inc({ reason });
    this.log.say({ address, reason }, 'requests are refused');
  }
}
