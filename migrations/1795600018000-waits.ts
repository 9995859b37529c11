import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropFunctions } from './support/drop-functions.js';

/** Functions whose parameters or results change. Their files create them again. */
const CHANGED_FUNCTIONS = ['tenants_for_platform'];

/** How long customers should wait at most, and how long an inbox may be without anybody who could take what waits. */
export class Waits1795600018000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    await runner.query(`
      alter table inboxes
        add column wait_target_seconds integer,
        add constraint inboxes_wait_target check (wait_target_seconds > 0);
      alter table tenants
        -- null: never.
        add column unattended_seconds integer default 60,
        add constraint tenants_unattended check (unattended_seconds > 0)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    await runner.query(`
      alter table inboxes drop column wait_target_seconds;
      alter table tenants drop column unattended_seconds`);
  }
}
