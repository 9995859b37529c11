import { Counter, Gauge, Histogram } from 'prom-client';

// Not `job`, because Prometheus gives that label to every target.
const labelNames = ['name'] as const;

const RUNS = new Counter({
  name: 'inbox_job_runs_total',
  help: 'Runs of each background job, by outcome: succeeded or failed.',
  labelNames: [...labelNames, 'outcome'] as const,
});

const TENANT_FAILURES = new Counter({
  name: 'inbox_job_tenant_failures_total',
  help: 'How often a job failed for one tenant and went on with the next. The log names the tenant.',
  labelNames,
});

const DURATION = new Histogram({
  name: 'inbox_job_run_duration_seconds',
  help: 'Duration of the runs of a job, failed ones included.',
  labelNames,
  buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300],
});

const LAST_SUCCESS = new Gauge({
  name: 'inbox_job_last_success_timestamp_seconds',
  help: 'Time of the last successful run of a job; before the first one, the start of the instance.',
  labelNames,
});

const INTERVAL = new Gauge({
  name: 'inbox_job_interval_seconds',
  help: 'The pause between two runs of a job. Jobs that are disabled are missing.',
  labelNames,
});

export function announceJob(name: string, seconds: number): void {
  INTERVAL.set({ name }, seconds);
  LAST_SUCCESS.setToCurrentTime({ name });
  for (const outcome of ['succeeded', 'failed']) RUNS.inc({ name, outcome }, 0);
  TENANT_FAILURES.inc({ name }, 0);
}

export function countTenantFailure(name: string): void {
  TENANT_FAILURES.inc({ name });
}

/** Runs `work` and records the outcome and the duration. */
export async function measuredRun(name: string, work: () => Promise<unknown>): Promise<void> {
  const end = DURATION.startTimer({ name });
  let outcome = 'failed';
  try {
    await work();
    outcome = 'succeeded';
    LAST_SUCCESS.setToCurrentTime({ name });
  } finally {
    end();
    RUNS.inc({ name, outcome });
  }
}
