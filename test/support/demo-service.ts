import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestDatabase } from './database.js';
import { ServiceProcess } from './service-process.js';
import { serviceVariables } from './settings.js';

const LOAD = join(__dirname, '../../dist/src/demo/load-demo-data.js');

/** A service of the tests' own with fresh demo data. @returns its address, once the tests run */
export function demoService(): { url: () => string } {
  let database: TestDatabase;
  let service: ServiceProcess;
  beforeAll(async () => {
    database = await TestDatabase.create();
    await promisify(execFile)(process.execPath, [LOAD], {
      env: serviceVariables(database.url),
    });
    service = await ServiceProcess.start(database.url);
  });
  afterAll(async () => {
    await service.stop();
    await database.close();
  });
  return { url: () => service.url };
}
