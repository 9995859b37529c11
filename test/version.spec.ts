import { readFileSync } from 'node:fs';
import { TestDatabase } from './support/database.js';
import { ServiceProcess } from './support/service-process.js';

it('GET /version has the version, the commit and the newest migration', async () => {
  const database = await TestDatabase.create();
  const service = await ServiceProcess.start(database.url);
  try {
    const [newest] = await database.rows<{ name: string }>(
      'select name from migrations order by timestamp desc limit 1',
    );
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await (await fetch(`${service.url}/version`)).json()).toEqual({
      version,
      commit: commitOfBuild(),
      schema: newest?.name,
      node: process.versions.node,
    });
  } finally {
    await service.stop();
    await database.close();
  }
});

/** As the build has written it down: null in a source archive without a repository. */
function commitOfBuild(): string | null {
  try {
    const commit = readFileSync('dist/commit', 'utf8').trim();
    expect(commit).toMatch(/^[0-9a-f]{40}(-dirty)?$/);
    return commit;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
