import { Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Counter } from 'prom-client';
import { clientAddress } from '../http/client-address.js';
import { RefusalLog } from '../http/refusal-log.js';
import { AUTHENTICATION_FAILURES, type Unauthenticated } from './unauthenticated.js';

const FAILURES = new Counter({
  name: 'inbox_authentication_failures_total',
  help: 'Requests that did not prove who is calling, by the reason. The log has the address too.',
  labelNames: ['reason'],
});
for (const reason of AUTHENTICATION_FAILURES) FAILURES.inc({ reason }, 0);

/** Counts who does not prove who they are, and logs it. */
@Injectable()
export class FailedAuthentications {
  private readonly log = new RefusalLog(new Logger('access'));

  count({ reason, claimed }: Unauthenticated, request: Pick<FastifyRequest, 'ip' | 'socket'>): void {
    FAILURES.inc({ reason });
    const { tenantId = null, identity: principal = null } = claimed ?? {};
    const address = clientAddress(request);
    this.log.say({ reason, address, tenantId, principal }, 'an authentication failed');
  }
}
