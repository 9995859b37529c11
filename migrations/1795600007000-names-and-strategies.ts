import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The strategies of distribution are named in `src/distribution/sql/choose_receiver.sql` and in the document of the API. A
 * list of them in a constraint made each new one a migration. The names of a type and the comment of an index follow the
 * words of the documents.
 */
export class NamesAndStrategies1795600007000 implements MigrationInterface {
  name = 'NamesAndStrategies1795600007000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table inboxes drop constraint inboxes_distribution,
        add constraint inboxes_distribution check (distribution ~ '^[A-Z][A-Z_]*$');
      alter type allocated_conversation rename to conversation_response;
      comment on index conversations_inbox_leads is 'leads visible to an OPERATOR, conversations of a lead';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      comment on index conversations_inbox_leads is 'leads in sight of an OPERATOR, conversations of a lead';
      alter type conversation_response rename to allocated_conversation;
      alter table inboxes drop constraint inboxes_distribution,
        add constraint inboxes_distribution
          check (distribution in ('PULL', 'WEIGHTED_RANDOM', 'LEAST_LOADED', 'ROUND_ROBIN'));
    `);
  }
}
