import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropFunctions } from './support/drop-functions.js';

/** Functions whose parameters or results change. Their files create them again. */
const CHANGED_FUNCTIONS = ['activity_series_of', 'events_before_in_minute', 'unfolded_events'];

/** The statistics count resolutions by outcome, in series as all others. */
export class SeriesOfOutcomes1795600022100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
  }
}
