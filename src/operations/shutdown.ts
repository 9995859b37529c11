import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';

/**
 * The first thing that happens when the service is told to stop: `/ready` says so. Where requests come by way of
 * somebody who asks there now and then, the rest waits until they have heard it, and everything is served meanwhile.
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
