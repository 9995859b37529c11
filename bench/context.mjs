// @ts-check
// The parameters of every scenario.

/**
 * @typedef {object} Context
 * @property {AbortSignal} stop
 * @property {import('./plan.mjs').Plan} plan
 * @property {import('./server.mjs').Server} server
 * @property {import('./load.mjs').Load} load
 * @property {import('./checks.mjs').Findings} findings
 * @property {import('./reference.mjs').Reference} reference
 * @property {import('./profile/profiler.mjs').AnyProfiler} profiler
 * @property {boolean} coalesces whether this build has ALLOCATE_COALESCING
 * @property {(text: string) => void} show progress
 */

/**
 * @typedef {object} Row of the table
 * @property {string} id
 * @property {string} what
 * @property {string} measured the figures behind the ratio, in words
 * @property {number | null} value
 * @property {number | null} min
 * @property {number | null} max
 * @property {'share' | 'times' | 'exact' | 'plain'} unit
 * @property {{ atLeast?: number, atMost?: number }} bar
 * @property {unknown} details
 */

export {};
