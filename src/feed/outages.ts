import type { LoggerService } from '@nestjs/common';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Which tenants cannot be read. Says once of each that reading fails and once that it is over, and how long to wait in
 * between. A tenant that fails costs the others nothing.
 */
export class Outages {
  /** Failures in a row, of those tenants only for which the last reading failed. */
  private readonly failures = new Map<string, number>();

  constructor(private readonly logger: LoggerService) {}

  /** How long to wait before the tenant is tried again; 0 when the last reading went well. */
  pauseMs(tenantId: string): number {
    const failures = this.failures.get(tenantId) ?? 0;
    return failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  }

  failed(tenantId: string, error: unknown): void {
    const failures = this.failures.get(tenantId) ?? 0;
    this.failures.set(tenantId, failures + 1);
    if (failures === 0) {
      this.logger.warn(
        { err: error, tenantId },
        'streams of a tenant cannot be told what is new; they stay open, and it is tried again',
      );
    }
  }

  succeeded(tenantId: string): void {
    if (this.failures.delete(tenantId)) {
      this.logger.log({ tenantId }, 'streams of a tenant are told again what is new');
    }
  }
}
