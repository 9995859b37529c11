import { Counter, Gauge, Histogram } from 'prom-client';

// Not `job`: Prometheus gives that label to whatever it scrapes.
const labelNames = ['name'] as const;

const RUNS = new Counter({
  name: 'inbox_periodic_runs_total',
  help: 'Runs of what is done again and again, by how they ended: succeeded or failed.',
  labelNames: [...labelNames, 'outcome'] as const,
});

const DURATION = new Histogram({
  name: 'inbox_periodic_run_duration_seconds',
  help: 'How long a run took, however it ended.',
  labelNames,
  buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300],
});

const LAST_SUCCESS = new Gauge({
  name: 'inbox_periodic_last_success_timestamp_seconds',
  help: 'When the last run succeeded; before the first, when the timer was set.',
  labelNames,
});

const INTERVAL = new Gauge({
  name: 'inbox_periodic_interval_seconds',
  help: 'The pause between two runs. What is switched off is missing.',
  labelNames,
});

export function announcePeriodic(name: string, seconds: number): void {
  INTERVAL.set({ name }, seconds);
  LAST_SUCCESS.setToCurrentTime({ name });
  for (const outcome of ['succeeded', 'failed']) RUNS.inc({ name, outcome }, 0);
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
