import type { QueryRunner } from 'typeorm';

/**
 * Names that people take for the same have the same key: the normal form NFKC, in lower case, with one blank where there
 * are several and none at the ends. Landed migrations call these functions, so what they return never changes.
 */

/**
 * The collation of a database may know no letters but those of ASCII. That of ICU knows all of them; a server that was
 * built without ICU has to do with its own.
 */
export async function lettersOfAllScripts(runner: QueryRunner): Promise<string> {
  const found = (await runner.query(`select 1 from pg_collation where collname = 'und-x-icu'`)) as unknown[];
  return found.length > 0 ? ' collate "und-x-icu"' : '';
}

export const keyOf = (name: string, collation: string) =>
  `lower(btrim(regexp_replace(normalize(${name}, NFKC), '\\s+', ' ', 'g'))${collation})`;

/**
 * Numbers the later ones of rows with the same key: "vip (2)".
 * @param table has the columns name, name_key and created_at
 * @param scope the columns in which keys must differ
 * @param longest of a name, in characters: so much of it goes that its number fits
 * @param touched what else an update sets
 */
export const numberColliding = (
  { table, scope, longest, touched }: { table: string; scope: string; longest: number; touched: string },
  collation: string,
) => `
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
        numbered := left(later.name, ${longest} - length(format(' (%s)', number))) || format(' (%s)', number);
        exit when not exists (
          select 1 from ${table} t
          where (${prefixed('t', scope)}) = (${prefixed('later', scope)})
            and t.name_key = ${keyOf('numbered', collation)});
        number := number + 1;
      end loop;
      update ${table} t set name = numbered${touched}
      where t.tenant_id = later.tenant_id and t.id = later.id;
    end loop;
  end $$;`;

function prefixed(alias: string, columns: string): string {
  return columns
    .split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ');
}
