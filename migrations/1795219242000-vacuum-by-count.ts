import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tables that are read from the front of an index while that is being used up. What is gone stays in the index until a
 * vacuum, and everybody who looks for the next walks over it: a page for each hundred deliveries or ids. By the share of
 * the table a vacuum would come after a fifth of a week's deliveries. docs/indexes-and-tables.md has the figures.
 */
export class VacuumByCount1795219242000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table webhook_deliveries set (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
      -- Read by every signed request.
      alter table signed_requests set (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table webhook_deliveries reset (
        autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay);
      alter table signed_requests reset (
        autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay);
    `);
  }
}
