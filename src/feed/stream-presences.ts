import { Injectable, Logger } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { ValidationFailed } from '../http/problem.js';
import { Presence, type Renewal } from '../presence/presence.js';
import type { EventStream } from './event-stream.js';

/** How often a stream renews within one presence timeout. */
const RENEWALS = 6;
/** How often a stream asks whether its tenant has a timeout now. */
const WITHOUT_TIMEOUT_MS = 10_000;

/** Renews the presence of operators as long as their streams with `presence=true` are open. */
@Injectable()
export class StreamPresences {
  private readonly logger = new Logger(StreamPresences.name);

  constructor(private readonly presence: Presence) {}

  /** @throws VALIDATION_FAILED for a service */
  begin(caller: TenantPrincipal): Promise<Renewal> {
    if (caller.kind !== 'operator') {
      const message = 'presence=true is for operators: a service has no presence';
      throw new ValidationFailed([{ field: 'presence', message }]);
    }
    return this.presence.renew(caller.tenantId, caller.operatorId);
  }

  /** @param last the renewal of the opening */
  keep(stream: EventStream, last: Renewal): void {
    let renewal = last;
    let timer = setTimeout(again, pauseMs(renewal));
    const renew = async () => {
      try {
        renewal = await this.begin(stream.caller);
      } catch (error) {
        const { tenantId } = stream.caller;
        this.logger.warn({ err: error, tenantId }, 'a stream could not renew a presence; it tries again');
      }
      if (stream.isOpen) timer = setTimeout(again, pauseMs(renewal));
    };
    function again() {
      if (stream.isOpen) void renew();
    }
    stream.whenClosed(() => clearTimeout(timer));
  }
}

function pauseMs({ timeoutSeconds }: Renewal): number {
  return timeoutSeconds === null ? WITHOUT_TIMEOUT_MS : (timeoutSeconds * 1_000) / RENEWALS;
}
