import type { MigrationInterface, QueryRunner } from 'typeorm';
import { IngestAtAnyDepth1795219250000 } from './1795219250000-ingest-at-any-depth.js';
import { earlierFunction, withPart } from './support/earlier-function.js';

/**
 * take_in_messages locks known conversations in the order in which everything else does: docs/adr/0003-locking.md. By id,
 * batches without message ids that overlapped went into deadlocks.
 */
export class LockByExternalId1795219262500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(withPart(await takeInMessages(), BY_ID, BY_EXTERNAL_ID));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(await takeInMessages());
  }
}

function takeInMessages(): Promise<string> {
  return earlierFunction(new IngestAtAnyDepth1795219250000(), 'take_in_messages');
}

const BY_ID = `
        order by c.id
        for no key update;`;
const BY_EXTERNAL_ID = `
        order by c.external_conversation_id
        for no key update;`;
