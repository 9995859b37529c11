import { Logger } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { announcePeriodic, measuredRun } from './periodic-metrics.js';

/** A timer around `runOnce`. A run that takes longer than the pause is not overtaken by the next one. */
export class Periodic {
  private running: Promise<unknown> | null = null;
  private again = false;

  /** @param seconds the pause; 0 switches it off */
  constructor(
    private readonly scheduler: SchedulerRegistry,
    private readonly name: string,
    seconds: number,
    private readonly runOnce: () => Promise<unknown>,
  ) {
    if (seconds === 0) return;
    announcePeriodic(name, seconds);
    scheduler.addInterval(
      name,
      setInterval(() => this.tick(), seconds * 1_000),
    );
  }

  /** Runs without waiting for the end of the pause; while a run is under way, once more after it. */
  soon(): void {
    if (this.running === null) this.tick();
    else this.again = true;
  }

  /** Starts no further run and waits for the one that is under way. */
  async stop(): Promise<void> {
    if (this.scheduler.doesExist('interval', this.name)) this.scheduler.deleteInterval(this.name);
    this.again = false;
    await this.running;
  }

  private tick(): void {
    this.running ??= measuredRun(this.name, this.runOnce)
      .catch((error: unknown) => {
        new Logger(this.name).error({ err: error }, 'the periodic run failed; the next one tries again');
      })
      .finally(() => {
        this.running = null;
        if (!this.again) return;
        this.again = false;
        this.tick();
      });
  }
}
