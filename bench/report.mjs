// @ts-check
// The paragraph under the table: what ran, where and how.

/**
 * @param {{
 *   startedAt: string, seconds: number, quick: boolean, commit: string,
 *   machine: ReturnType<typeof import('./cpu.mjs').machine>,
 *   postgres: { version: string, settings: Record<string, string> },
 *   reference: { tool: string }, service: Record<string, string>,
 *   rows: readonly import('./context.mjs').Row[], findings: import('./checks.mjs').Findings,
 * }} results
 * @returns {string} a paragraph
 */
export function summaryOf({
  startedAt,
  seconds,
  quick,
  commit,
  machine,
  postgres,
  reference,
  service,
  rows,
  findings,
}) {
  const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size'];
  const set = settings.map((name) => `${name} ${postgres.settings[name]}`).join(', ');
  return [
    `${quick ? 'Quick run' : 'Run'} of ${startedAt.slice(0, 10)} at commit ${commit}, ${Math.round(seconds / 60)} minutes, on`,
    `${machine.processors} processors (${machine.model}), ${machine.memoryGigabytes} GB, ${machine.system}, Node ${machine.node},`,
    `PostgreSQL ${postgres.version} (${set}). Service: LOG_LEVEL ${service.LOG_LEVEL}, AUTH_MODE ${service.AUTH_MODE}, coalescing`,
    `${service.coalescing}. L by ${reference.tool}. Other work took ${otherWork(rows)} of the machine.`,
    `${findings.allocations.toLocaleString('en')} allocations were checked for duplicates, ${findings.compared.toLocaleString('en')} picks`,
    `compared with brute force, ${findings.empties.toLocaleString('en')} responses of an empty queue checked.`,
  ].join(' ');
}

/** From the least to the most that any measurement met. @param {readonly import('./context.mjs').Row[]} rows */
function otherWork(rows) {
  /** @type {number[]} */
  const shares = [];
  const collect = (/** @type {unknown} */ value) => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'otherShare' && typeof inner === 'number') shares.push(inner);
      else collect(inner);
    }
  };
  collect(rows.map(({ details }) => details));
  if (shares.length === 0) return 'an unknown part';
  const percent = (/** @type {number} */ share) => Math.round(share * 100);
  return `${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} %`;
}
