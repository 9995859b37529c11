import type { LoggerService } from '@nestjs/common';

const SAID_AGAIN_AFTER_MS = 10_000;
/** Somebody who invents names or addresses makes each refusal a new one. */
const MOST_SAID = 100;

/**
 * Logs each kind of refusal at most once in ten seconds, and at most a hundred of them: a flood of refusals must not
 * become a flood of log lines.
 */
export class RefusalLog {
  private readonly said = new Set<string>();
  private forgottenAt = 0;

  constructor(private readonly logger: Pick<LoggerService, 'warn'>) {}

  /** @param fields who is refused, and why */
  say(fields: Readonly<Record<string, string | number | null>>, text: string): void {
    const now = performance.now();
    if (now - this.forgottenAt > SAID_AGAIN_AFTER_MS) {
      this.said.clear();
      this.forgottenAt = now;
    }
    const line = JSON.stringify(fields);
    if (this.said.has(line) || this.said.size === MOST_SAID) return;
    this.said.add(line);
    this.logger.warn(fields, text);
  }
}
