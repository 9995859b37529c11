import type { MigrationInterface, QueryRunner } from 'typeorm';
import { keyOf, lettersOfAllScripts, numberColliding } from './support/name-key.js';

/**
 * Names that people take for the same are the same: those of the inboxes of a tenant, and of the labels of an inbox. They
 * are compared by `name_key`: in the normal form NFKC, in lower case, with one blank where there are several and none at
 * the ends. Of names that collide so far, the oldest stays as it is, and the later ones get a number: "vip (2)".
 */
export class UniqueNames1795600008000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const collation = await lettersOfAllScripts(runner);
    for (const { table, constraint, scope } of NAMED) {
      // The owner may not see the rows while row-level security is forced.
      await runner.query(`
        alter table ${table} no force row level security;
        alter table ${table} add column name_key text not null
          generated always as (${keyOf('name', collation)}) stored;
        ${numberColliding({ table, scope, longest: 255, touched: ', updated_at = now()' }, collation)}
        alter table ${table} drop constraint if exists ${constraint};
        alter table ${table} add constraint ${constraint} unique (${scope}, name_key);
        alter table ${table} force row level security`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table labels drop column name_key;
      alter table labels add constraint labels_name_unique unique (tenant_id, inbox_id, name);
      alter table inboxes drop column name_key`);
  }
}

const NAMED = [
  { table: 'inboxes', constraint: 'inboxes_name_unique', scope: 'tenant_id' },
  { table: 'labels', constraint: 'labels_name_unique', scope: 'tenant_id, inbox_id' },
] as const;
