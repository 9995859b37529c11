import { Counter, Gauge, Histogram } from 'prom-client';

// Not `job`: Prometheus gives that label to every target it scrapes.
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
  help: 'How long a run of a job took, whatever its outcome.',
  labelNames,
  buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300],
});

const LAST_SUCCESS = new Gauge({
  name: 'inbox_job_last_success_timestamp_seconds',
  help: 'When the last run of a job succeeded; before the first, when the instance started.',
  labelNames,
});

const INTERVAL = new Gauge({
  name: 'inbox_job_interval_seconds',
  help: 'The pause between two runs of a job. Jobs that are switched off are missing.',
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

/** Runs `work`, and counts and times the run. */
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
