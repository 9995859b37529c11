import type { LoggerService } from '@nestjs/common';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Says once that reading fails and once that it is over, and how long to wait in between. */
export class Outage {
  private failures = 0;

  constructor(private readonly logger: LoggerService) {}

  /** How long to wait before the next try; 0 when the last one went well. */
  get pauseMs(): number {
    return this.failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (this.failures - 1), LONGEST_PAUSE_MS);
  }

  failed(error: unknown): void {
    if (this.failures++ === 0) {
      this.logger.warn(
        { err: error },
        'streams cannot be told what is new; they stay open, and it is tried again',
      );
    }
  }

  succeeded(): void {
    if (this.failures > 0) this.logger.log('streams are told again what is new');
    this.failures = 0;
  }
}
