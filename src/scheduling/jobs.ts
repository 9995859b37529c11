import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database } from '../database/database.js';
import { JobTimer } from './job-timer.js';
import { ScheduledJob, type Job, type TenantJob } from './job.js';
import { TenantRunner } from './tenant-runner.js';

/** Finds all background jobs of this instance, runs them at their intervals, and stops them with the service. */
@Injectable()
export class Jobs
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  isStopping = false;
  /** By the class that declares the job. */
  private readonly jobs = new Map<unknown, { job: Job; timer: JobTimer }>();

  constructor(
    private readonly database: Database,
    private readonly discovery: DiscoveryService,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  onModuleInit(): void {
    for (const { metatype, instance } of this.discovery.getProviders({ metadataKey: ScheduledJob.KEY })) {
      const declared = instance as Job | TenantJob;
      const job =
        'run' in declared ? declared : new TenantRunner(this.database, declared, () => this.isStopping);
      this.jobs.set(metatype, { job, timer: new JobTimer(this.scheduler, job) });
    }
  }

  onApplicationBootstrap(): void {
    for (const { timer } of this.jobs.values()) timer.start();
  }

  /** Every job ends after its current batch. */
  beforeApplicationShutdown(): void {
    this.isStopping = true;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.jobs.values()].map(({ timer }) => timer.stop()));
  }

  /**
   * Runs a job for all tenants now.
   * @returns the work done
   */
  async runOnce(declaration: Type<TenantJob>): Promise<number> {
    return (await this.get(declaration).job.run()) as number;
  }

  /** Starts a job now and does not wait for it. */
  soon(declaration: Type<TenantJob>): void {
    this.get(declaration).timer.soon();
  }

  private get(declaration: Type<TenantJob>) {
    const found = this.jobs.get(declaration);
    if (found === undefined) throw new Error(`${declaration.name} is not a provider of this application`);
    return found;
  }
}
