// Installs packages and builds, for `npm start` and `npm test`. Needs only Node.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure, run } from './processes.mjs';

export const PROJECT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const PNPM = '12.21.0';
const SOURCES = ['src', 'migrations'];
/** Its time is the start of the build in dist. */
const BUILT = 'dist/.built';
/** What the pages for browsers are made of, beside what is in `web`. */
const WEB_SOURCES = ['clients/typescript/src', 'package.json', 'pnpm-lock.yaml'];
const WEB_DIST = 'web/dist';
/** Its time is the start of the build in web/dist. */
const WEB_BUILT = `${WEB_DIST}/.built`;

/** @param {string} text one short line of progress */
export function step(text) {
  process.stderr.write(`• ${text}\n`);
}

/**
 * Installs and builds what is out of date.
 * @param {AbortSignal} stop
 */
export async function prepare(stop) {
  process.chdir(PROJECT);
  await install(stop);
  await build(stop);
}

/** Reads `.env`, as every command of the service does. Variables that are set already stay. */
export function loadEnvFile() {
  if (process.env.NODE_ENV !== 'test' && fs.existsSync('.env')) process.loadEnvFile('.env');
}

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Failure(`Node ${process.versions.node} is too old: this needs 20.19 or newer`);
}

/** @param {AbortSignal} stop */
async function install(stop) {
  const stamp = 'node_modules/.installed';
  const wanted = createHash('sha256').update(fs.readFileSync('pnpm-lock.yaml')).digest('hex');
  if ((fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) || isInstalledByPnpm()) return;
  step('installing packages, the first time takes a minute or two');
  // NODE_ENV=production would leave out the compiler. CI keeps pnpm from asking questions.
  const env = { ...process.env, NODE_ENV: '', CI: 'true' };
  const result = await runPnpm(['install', '--frozen-lockfile'], { stop, env });
  if (result.code !== 0) {
    const output = `${result.output}\n${result.errors}`;
    const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/.exec(
      output,
    );
    const reason = offline ? `the npm registry can't be reached (${offline[0]})` : firstError(output);
    throw new Failure(`the packages can't be installed: ${reason}${keep('install.log', output)}`);
  }
  fs.writeFileSync(stamp, wanted);
}

/** Whether the developer's own pnpm has installed them. It writes this file last. */
function isInstalledByPnpm() {
  const installed = 'node_modules/.pnpm/lock.yaml';
  return (
    fs.existsSync(installed) &&
    fs.readFileSync(installed, 'utf8') === fs.readFileSync('pnpm-lock.yaml', 'utf8')
  );
}

/**
 * The pnpm of this project: the one on the path, or else by npx.
 * @param {string[]} args @param {{ stop: AbortSignal, env?: NodeJS.ProcessEnv }} options
 */
export async function runPnpm(args, options) {
  const found = await hasPnpm(options.stop);
  return found ? run('pnpm', args, options) : run('npx', ['--yes', `pnpm@${PNPM}`, ...args], options);
}

/** @param {AbortSignal} stop */
async function hasPnpm(stop) {
  const found = await run('pnpm', ['--version'], { stop }).catch(() => null);
  stop.throwIfAborted();
  return found?.output.trim() === PNPM;
}

/** Builds what is out of date. @param {AbortSignal} stop */
export async function build(stop) {
  await buildService(stop);
  await buildWeb(stop);
}

/** @param {AbortSignal} stop */
async function buildService(stop) {
  if (isBuilt()) return;
  step('building');
  const startedAt = new Date();
  await runBuild(['node_modules/@nestjs/cli/bin/nest.js', 'build'], stop);
  await run(process.execPath, ['scripts/write-commit.mjs'], { stop });
  writeStamp(BUILT, startedAt);
}

/** Builds the board and the desk, if they are out of date. @param {AbortSignal} stop */
export async function buildWeb(stop) {
  if (isWebBuilt()) return;
  step('building the board and the desk');
  const startedAt = new Date();
  await runBuild(['node_modules/vite/bin/vite.js', 'build', 'web'], stop);
  writeStamp(WEB_BUILT, startedAt);
}

/** @param {string[]} command of Node @param {AbortSignal} stop */
async function runBuild(command, stop) {
  const result = await run(process.execPath, command, { stop });
  if (result.code === 0) return;
  const output = `${result.output}\n${result.errors}`;
  throw new Failure(`the build failed: ${firstError(output)}${keep('build.log', output)}`);
}

/**
 * The stamp has the time of the start, so that files edited during the build are built again.
 * @param {string} file @param {Date} startedAt
 */
function writeStamp(file, startedAt) {
  fs.writeFileSync(file, '');
  fs.utimesSync(file, startedAt, startedAt);
}

function isWebBuilt() {
  if (!fs.existsSync(WEB_BUILT)) return false;
  const names = fs.readdirSync('web').map((name) => path.posix.join('web', name));
  const sources = [...WEB_SOURCES, ...names.filter((name) => name !== WEB_DIST)];
  return fs.statSync(WEB_BUILT).mtimeMs >= Math.max(...sources.map(newestChange));
}

function isBuilt() {
  const names = fs.readdirSync('.').filter((name) => /^tsconfig.*\.json$/.test(name));
  const settings = ['package.json', 'pnpm-lock.yaml', 'nest-cli.json', ...names];
  if (fs.existsSync(BUILT)) {
    const newest = Math.max(...[...SOURCES, ...settings].map(newestChange));
    return fs.statSync(BUILT).mtimeMs >= newest;
  }
  // `nest build` and `nest start --watch` leave no stamp. Then each output must be newer than its source and settings.
  const changed = Math.max(...settings.map(newestChange));
  return SOURCES.flatMap(filesIn)
    .filter((file) => /\.(ts|sql)$/.test(file) && file !== path.join('migrations', 'schema.sql'))
    .every((file) => {
      const output = fs.statSync(path.join('dist', file.replace(/\.ts$/, '.js')), { throwIfNoEntry: false });
      return output && output.mtimeMs >= Math.max(changed, fs.statSync(file).mtimeMs);
    });
}

/** @param {string} directory */
function filesIn(directory) {
  return fs
    .readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(directory, name));
}

/**
 * Counts directories too, which change when a file is added or removed.
 * @param {string} entry
 * @returns {number}
 */
function newestChange(entry) {
  const stat = fs.statSync(entry);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...fs.readdirSync(entry).map((name) => newestChange(path.join(entry, name))));
}

/** @param {string} output of a tool @returns {string} its first line that looks like an error */
export function firstError(output) {
  // eslint-disable-next-line no-control-regex -- colours
  const lines = output.replace(/\u001b\[[0-9;]*m/g, '').split('\n');
  const filled = lines.map((line) => line.trim()).filter((line) => line !== '');
  const telling = [/error (TS)?\d|ERR_/, /error|failed/i].map((what) =>
    filled.find((line) => what.test(line)),
  );
  return telling.find((line) => line !== undefined) ?? filled.at(-1) ?? 'it gave no reason';
}

/**
 * Keeps the whole output of a failed tool in a file.
 * @param {string} name @param {string} output
 */
export function keep(name, output) {
  try {
    fs.mkdirSync('.data', { recursive: true });
    fs.writeFileSync(path.join('.data', name), output);
    return ` (more in .data/${name})`;
  } catch {
    // A read-only checkout may have caused the failure.
    return '';
  }
}

/**
 * Runs a main function and exits. It prints a Failure as one line, and a stop is no failure.
 * @param {AbortSignal} stop
 * @param {() => Promise<number>} main gives the exit code
 * @param {number} stoppedCode
 */
export async function runToExit(stop, main, stoppedCode) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (stop.aborted) {
      process.exitCode = stoppedCode;
    } else {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = error instanceof Failure ? error.exitCode : 1;
    }
  }
  // Exit without waiting for idle connections of fetch.
  process.exit();
}
