import { Histogram } from 'prom-client';
import { Problem } from '../http/problem.js';

const DURATION = new Histogram({
  name: 'inbox_allocation_duration_seconds',
  help: 'Duration of allocate and claim by outcome: given, empty, the error code, or error.',
  labelNames: ['operation', 'outcome'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
});

/** Measures an allocation. `work` returns the conversation, or null when none waits. */
export async function measuredAllocation<T>(
  operation: 'allocate' | 'claim',
  work: () => Promise<T>,
): Promise<T> {
  const end = DURATION.startTimer({ operation });
  try {
    const given = await work();
    end({ outcome: given === null ? 'empty' : 'given' });
    return given;
  } catch (error) {
    end({ outcome: error instanceof Problem ? error.code : 'error' });
    throw error;
  }
}
