// Whether everything that production needs may be used and passed on freely. pnpm tells what that is, from what is
// installed: no network. Binaries for other platforms than this one are not installed, so they are not looked at.
import fs from 'node:fs';
import path from 'node:path';
import { isPermissive } from './permissive.mjs';
import { buildWeb, PROJECT, runPnpm, runToExit } from './prepare.mjs';
import { Failure, stopSignal } from './processes.mjs';

const INTERRUPTED = 130;

const stop = stopSignal();
await runToExit(stop, main, INTERRUPTED);

/** @returns {Promise<number>} the exit code */
async function main() {
  process.chdir(PROJECT);
  const packages = [...(await productionPackages()), ...(await packagesInPages())];
  const refused = packages.filter((each) => !isPermissive(licenseOf(each)));
  if (refused.length === 0) {
    console.log(`${packages.length} packages, all under permissive licences.`);
    return 0;
  }
  for (const each of refused)
    console.error(`${each.name}@${each.version}: ${licenseOf(each) ?? 'names no licence'}`);
  console.error(
    'These licences are not on the list in scripts/permissive.mjs: take another package, or discuss the licence.',
  );
  return 1;
}

/** What each of them says of itself: where one names no licence, pnpm guesses it from the words of its files. */
async function productionPackages() {
  const { code, output, errors } = await runPnpm(['licenses', 'list', '--json', '--prod'], { stop });
  if (code !== 0) throw new Failure(`pnpm does not list the packages: ${errors || output}`);
  return Object.values(JSON.parse(output))
    .flat()
    .flatMap(({ paths }) => paths)
    .map((folder) => JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')));
}

/** The pages for browsers contain packages that production does not install. Vite lists them. */
async function packagesInPages() {
  await buildWeb(stop);
  const list = fs.readFileSync('web/dist/licenses.md', 'utf8');
  const packages = [...list.matchAll(/^## (\S+) - (\S+) \((.+)\)$/gm)].map(([, name, version, license]) => ({
    name,
    version,
    license,
  }));
  if (packages.length === 0) throw new Failure('web/dist/licenses.md lists no package');
  return packages;
}

/** In old packages this is an object or a list of objects. @returns {string | undefined} */
function licenseOf({ license, licenses }) {
  const given = [license ?? licenses ?? []].flat().map((each) => each?.type ?? each);
  return given.length === 0 ? undefined : `(${given.join(' OR ')})`;
}
