// @ts-check
// Installs the packages of Debian and Ubuntu that tests need. Requires root.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { Failure, run } from './processes.mjs';

/** Packages run this script before they start a service. */
const POLICY = '/usr/sbin/policy-rc.d';
/** The comment marks the file as ours, in case a killed run left it. */
const NO_SERVICES = '#!/bin/sh\n# Written by scripts/apt.mjs of the Inbox Allocation Service.\nexit 101\n';

/** Whether packages can be installed here. */
export function hasApt() {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
}

/**
 * Installs packages without starting their services, which would take ports.
 * @param {string[]} packages
 * @param {AbortSignal} stop
 */
export async function installPackages(packages, stop) {
  const letServicesStart = keepServicesDown();
  try {
    // An unreachable third-party list fails the update, but we may not need it.
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

/** @returns {() => void} removes it */
function keepServicesDown() {
  try {
    fs.writeFileSync(POLICY, NO_SERVICES, { flag: 'wx', mode: 0o755 });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    // Containers have such a file already. It stays.
    if (fs.readFileSync(POLICY, 'utf8') !== NO_SERVICES) return () => {};
  }
  fs.chmodSync(POLICY, 0o755);
  return () => fs.rmSync(POLICY, { force: true });
}
