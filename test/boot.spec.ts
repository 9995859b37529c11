import { DataSource } from 'typeorm';
import { migrationDataSource } from '../src/database/data-source.js';
import { TestApplication } from './support/application.js';

it('does not start on a database that lacks the newest migration', async () => {
  const app = await TestApplication.start();
  try {
    const { url } = app.database;
    const source = await new DataSource(migrationDataSource({ adminUrl: url })).initialize();
    await source.undoLastMigration().finally(() => source.destroy());

    await expect(app.another()).rejects.toThrow('run the migrations first');
  } finally {
    await app.stop();
  }
});
