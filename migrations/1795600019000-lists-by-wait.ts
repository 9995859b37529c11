import type { MigrationInterface, QueryRunner } from 'typeorm';

const by = (columns: string, needed: string) => `
  drop index conversations_waiting;
  create index conversations_waiting on conversations (${columns})
    where state = 'QUEUED' and waiting_since > '-infinity';
  comment on index conversations_waiting is '${needed}. Statements say is_overdue, and waiting_since > -infinity'`;

/** With the id the index has the order of a list: conversations that came in together wait equally long. */
export class ListsByWait1795600019000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      by(
        'tenant_id, inbox_id, is_overdue, waiting_since, id',
        'the longest waits of an inbox, those to be reported as overdue, and GET /conversations?sort=waiting',
      ),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      by(
        'tenant_id, inbox_id, is_overdue, waiting_since',
        'the longest waits of an inbox, and those to be reported as overdue',
      ),
    );
  }
}
