import type { QueryRunner } from 'typeorm';

/**
 * Drops the functions with these names, whose parameters or results change, and what depends on them. Their files create
 * them again. Landed migrations call this function, so what it does never changes.
 */
export async function dropFunctions(runner: QueryRunner, names: readonly string[]): Promise<void> {
  await runner.query(`
    do $$
    declare
      changed regprocedure;
    begin
      for changed in
        select p.oid::regprocedure from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.proname in (${names.map((name) => `'${name}'`).join(', ')})
      loop
        execute format('drop function %s cascade', changed);
      end loop;
    end $$`);
}
