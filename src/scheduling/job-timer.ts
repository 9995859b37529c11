import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { announceJob, measuredRun } from './job-metrics.js';
import type { Job } from './job.js';

/** Each pause is shorter by up to this random share, so that instances that started together drift apart. */
const JITTER = 0.2;

/** Runs a job again and again with a pause in between. Runs never overlap. */
export class JobTimer {
  private running: Promise<unknown> | null = null;
  private again = false;
  private isStopped = false;
  /**
   * Runs what is no part of a request. Without it, a run that a request starts, and every run after it, would belong to
   * the caller and the trace of that request.
   */
  private readonly outsideRequests = AsyncLocalStorage.snapshot();

  constructor(
    private readonly scheduler: SchedulerRegistry,
    private readonly job: Job,
  ) {}

  start(): void {
    const { name, intervalSeconds } = this.job;
    if (intervalSeconds === 0) return;
    announceJob(name, intervalSeconds);
    this.schedule();
  }

  /** Runs the job now, or once more after the current run. */
  soon(): void {
    if (this.running === null) this.outsideRequests(() => this.run());
    else this.again = true;
  }

  /** Starts no further run and waits for the current one. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.again = false;
    this.cancel();
    await this.running;
  }

  private schedule(): void {
    const { name, intervalSeconds } = this.job;
    if (this.isStopped || intervalSeconds === 0) return;
    const pauseMs = intervalSeconds * 1_000 * (1 - Math.random() * JITTER);
    this.scheduler.addTimeout(
      name,
      setTimeout(() => this.run(), pauseMs),
    );
  }

  private cancel(): void {
    const { name } = this.job;
    if (this.scheduler.doesExist('timeout', name)) this.scheduler.deleteTimeout(name);
  }

  private run(): void {
    this.cancel();
    this.again = false;
    const { name } = this.job;
    this.running = measuredRun(name, () => this.job.run())
      .catch((error: unknown) => {
        new Logger(name).error({ err: error, job: name }, 'the job failed; the next run tries again');
      })
      .finally(() => {
        this.running = null;
        if (this.again) this.run();
        else this.schedule();
      });
  }
}
