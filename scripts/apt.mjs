// @ts-check
// Packages of Debian and Ubuntu that tests need, installed where we are root.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { Failure, run } from './processes.mjs';

/** What packages ask before they start a service. */
const POLICY = '/usr/sbin/policy-rc.d';
/** Its comment tells that it is ours when a run was killed and left it there. */
const NO_SERVICES = '#!/bin/sh\n# Written by scripts/apt.mjs of the Inbox Allocation Service.\nexit 101\n';

/** Whether packages can be installed here. */
export function hasApt() {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
}

/**
 * Installs packages. They start no service: it would take a port, and nobody here would talk to it.
 * @param {string[]} packages
 * @param {AbortSignal} stop
 */
export async function installPackages(packages, stop) {
  const letServicesStart = keepServicesDown();
  try {
    // A third party's list that is out of reach fails the update, and may not matter to us.
    const update = await aptGet(['update'], stop);
    const install = await aptGet(['install', '-y', '--no-install-recommends', ...packages], stop);
    if (install.code === 0) return;
    const output = `${install.errors}\n${update.errors}\n${install.output}`;
    const reason = /^E: .*$/m.exec(output)?.[0].slice(3) ?? output.trim().split('\n').at(-1);
    throw new Failure(`${packages.join(' and ')} can't be installed: ${reason}`);
  } finally {
    letServicesStart();
  }
}

/**
 * Whether there is a newer version of an installed package.
 * @param {string} name @param {AbortSignal} stop
 */
export async function hasNewer(name, stop) {
  await aptGet(['update'], stop);
  const { output } = await run('apt-cache', ['policy', name], { stop, env: { ...process.env, LC_ALL: 'C' } });
  const [installed, candidate] = ['Installed', 'Candidate'].map(
    (what) => new RegExp(`^ *${what}: (.*)$`, 'm').exec(output)?.[1],
  );
  return candidate !== undefined && candidate !== '(none)' && candidate !== installed;
}

/** @param {string[]} args @param {AbortSignal} stop */
function aptGet(args, stop) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  return run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { stop, env });
}

/** @returns {() => void} what undoes it */
function keepServicesDown() {
  try {
    fs.writeFileSync(POLICY, NO_SERVICES, { flag: 'wx', mode: 0o755 });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    // Containers have one of their own that says the same, and keep it.
    if (fs.readFileSync(POLICY, 'utf8') !== NO_SERVICES) return () => {};
  }
  fs.chmodSync(POLICY, 0o755);
  return () => fs.rmSync(POLICY, { force: true });
}
