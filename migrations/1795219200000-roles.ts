import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Two roles that cannot log in and own no table:
 * `inbox_app` runs every statement of the service, inside one tenant;
 * `inbox_platform` owns the few functions that must look across tenants, and can do nothing else.
 */
export class Roles1795219200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Roles belong to the whole server: another database of it, or a migration running there at the same
      -- time, may have made them already.
      do $$
      declare wanted text;
      begin
        foreach wanted in array array['inbox_app', 'inbox_platform'] loop
          begin
            execute format('create role %I nologin', wanted);
          exception when duplicate_object or unique_violation then
            null;
          end;
          if not pg_has_role(current_user, wanted, 'member') then
            execute format('grant %I to current_user', wanted);
          end if;
        end loop;
      end
      $$;
      grant usage on schema public to inbox_app, inbox_platform;
    `);
  }

  /** The roles stay: other databases of the server may use them. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`revoke usage on schema public from inbox_app, inbox_platform`);
  }
}
