import { NEWEST_MIGRATION } from '../src/database/migrations.js';
import { TestApplication } from './support/application.js';

it('does not start on a database that lacks the newest migration', async () => {
  const app = await TestApplication.start();
  try {
    await app.database.rows('delete from migrations where name = $1', [NEWEST_MIGRATION]);
    await expect(app.another()).rejects.toThrow('run the migrations first');
  } finally {
    await app.stop();
  }
});
