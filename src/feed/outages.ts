import type { LoggerService } from '@nestjs/common';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** The tenants whose feed cannot be read. Logs the start and the end of each outage, and says how long to pause. */
export class Outages {
  /** The number of failures in a row, of the tenants whose last read failed. */
  private readonly failures = new Map<string, number>();

  constructor(private readonly logger: LoggerService) {}

  /** The pause before the next read of the tenant; 0 when the last one succeeded. */
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
        'the feed of a tenant cannot be read; its streams stay open, and the service tries again',
      );
    }
  }

  succeeded(tenantId: string): void {
    if (this.failures.delete(tenantId)) {
      this.logger.log({ tenantId }, 'the feed of a tenant is read again');
    }
  }
}
