import type { MigrationInterface, QueryRunner } from 'typeorm';

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
        ${NUMBER_COLLIDING(table, scope, collation)}
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

/**
 * The collation of a database may know no letters but those of ASCII. That of ICU knows all of them; a server that was
 * built without ICU has to do with its own.
 */
async function lettersOfAllScripts(runner: QueryRunner): Promise<string> {
  const found = (await runner.query(`select 1 from pg_collation where collname = 'und-x-icu'`)) as unknown[];
  return found.length > 0 ? ' collate "und-x-icu"' : '';
}

const keyOf = (name: string, collation: string) =>
  `lower(btrim(regexp_replace(normalize(${name}, NFKC), '\\s+', ' ', 'g'))${collation})`;

/** A name has 255 characters at most: so much of it goes that its number fits. */
const NUMBER_COLLIDING = (table: string, scope: string, collation: string) => `
  do $$
  declare
    later record;
    number integer;
    numbered text;
  begin
    for later in
      select * from (
        select t.*, row_number() over (partition by ${scope}, name_key order by created_at, id) as place
        from ${table} t) named
      where place > 1
      order by ${scope}, name_key, place
    loop
      number := later.place;
      loop
        numbered := left(later.name, 255 - length(format(' (%s)', number))) || format(' (%s)', number);
        exit when not exists (
          select 1 from ${table} t
          where (${prefixed('t', scope)}) = (${prefixed('later', scope)})
            and t.name_key = ${keyOf('numbered', collation)});
        number := number + 1;
      end loop;
      update ${table} t set name = numbered, updated_at = now()
      where t.tenant_id = later.tenant_id and t.id = later.id;
    end loop;
  end $$;`;

function prefixed(alias: string, columns: string): string {
  return columns
    .split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ');
}
