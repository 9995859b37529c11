import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropFunctions } from './support/drop-functions.js';

/** Functions whose parameters change. Their files create them again. */
const CHANGED_FUNCTIONS = ['transition_conversations', 'resolve_conversation', 'stored_queue_page'];

/** How conversations ended, and since when those waited that left the queue. */
export class Outcomes1795600022000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    await runner.query(`
      alter type conversation_response add attribute outcome text;

      alter table conversations
        -- null unless RESOLVED, and for those that were resolved before there were outcomes: they count as HANDLED.
        add column outcome text,
        add constraint conversations_outcome check (outcome in ('HANDLED', 'ABANDONED', 'SPAM', 'DUPLICATE')),
        add constraint conversations_outcome_only_when_resolved check (outcome is null or state = 'RESOLVED');

      alter table conversation_events
        -- Of a resolution; null for entries from before there were outcomes: they count as HANDLED.
        add column outcome text,
        -- Of an entry with which a conversation leaves the queue; null for older entries.
        add column waiting_since timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    await runner.query(`
      alter table conversations drop column outcome;
      alter table conversation_events drop column outcome, drop column waiting_since;
      alter type conversation_response drop attribute outcome`);
  }
}
