import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';

/**
 * Makes `/ready` report the shutdown first. A load balancer that polls it needs time to notice, so the instance serves
 * requests during that time and then stops.
 */
@Injectable()
export class Shutdown implements OnModuleDestroy {
  hasBegun = false;

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  async onModuleDestroy(): Promise<void> {
    this.hasBegun = true;
    await pause(this.environment.shutdownDelaySeconds * 1_000);
  }
}
