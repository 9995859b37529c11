/**
 * Writes a schema as text, like pg_dump, which not every machine has. The text is the same on every PostgreSQL from 15
 * on.
 */

/** Temporary views for the queries below. They last until the end of the transaction. */
const VIEWS = `
  create temporary view our_schema as
    select n.oid, quote_ident(nspname) as name, nspowner, nspacl
    from pg_namespace n
    where nspname !~ '^pg_' and nspname <> 'information_schema';

  create temporary view of_an_extension as
    select classid, objid from pg_depend where deptype = 'e';

  -- Not TypeORM's own list of the migrations that ran, and not what stands behind an identity column.
  create temporary view our_relation as
    select c.*, c.oid::regclass::text as name
    from pg_class c
    where relnamespace in (select oid from our_schema)
      and (relnamespace, relname) not in (values
        ('public'::regnamespace::oid, 'migrations'::name), ('public'::regnamespace::oid, 'migrations_id_seq'))
      and ('pg_class'::regclass, oid) not in (select * from of_an_extension)
      and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'i'
                      and relkind = 'S');

  create temporary view our_table as
    select * from our_relation where relkind in ('r', 'p');

  create temporary view our_function as
    select p.*, p.oid::regprocedure::text as name
    from pg_proc p
    where pronamespace in (select oid from our_schema)
      and ('pg_proc'::regclass, oid) not in (select * from of_an_extension);

  -- Enums, domains, ranges and composite types made on purpose: not the row types and arrays that come by themselves.
  create temporary view our_type as
    select t.*, t.oid::regtype::text as name
    from pg_type t
    where typnamespace in (select oid from our_schema)
      and typtype in ('e', 'd', 'r', 'c')
      and (typrelid = 0 or typrelid in (select oid from our_relation where relkind = 'c'))
      and ('pg_type'::regclass, oid) not in (select * from of_an_extension);

  create temporary view owned as
    select 1 as place, 'schema' as kind, name, nspowner as owner, coalesce(nspacl, acldefault('n', nspowner)) as rights
    from our_schema
    union all
    select 2, 'type', name, typowner, coalesce(typacl, acldefault('T', typowner)) from our_type
    union all
    select 3, 'sequence', name, relowner, coalesce(relacl, acldefault('s', relowner)) from our_relation where relkind = 'S'
    union all
    select 4, 'table', name, relowner, coalesce(relacl, acldefault('r', relowner)) from our_relation
    where relkind in ('r', 'p', 'v', 'm')
    union all
    select 5, 'routine', name, proowner, coalesce(proacl, acldefault('f', proowner)) from our_function;
`;

/** Attributes that bypass row-level security. Roles belong to the server, so no revert drops them. */
const ROLES = `
  select format('-- role %I: %s, %s', rolname,
    case when rolsuper then 'SUPERUSER' else 'nosuperuser' end,
    case when rolbypassrls then 'BYPASSRLS' else 'nobypassrls' end) as line
  from pg_roles
  where rolname in ('inbox_app', 'inbox_platform')
  order by rolname`;

const EXTENSIONS = `
  select format('create extension %I;', extname) as line
  from pg_extension where extname <> 'plpgsql' order by extname`;

const SCHEMAS = `select format('create schema %s;', name) as line from our_schema where name <> 'public' order by name`;

const TYPES = `
  select case typtype
    when 'e' then format('create type %s as enum (%s);', name,
      (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid))
    when 'd' then concat(format('create domain %s as %s', name, format_type(typbasetype, typtypmod)),
      case when typnotnull then ' not null' end,
      ' default ' || typdefault,
      (select string_agg(format(' constraint %I %s', conname, pg_get_constraintdef(oid)), '' order by conname)
       from pg_constraint where contypid = t.oid and contype = 'c'),
      ';')
    when 'r' then format('create type %s as range (subtype = %s);', name,
      (select rngsubtype::regtype from pg_range where rngtypid = t.oid))
    else format('create type %s as (%s);', name,
      (select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
       from pg_attribute where attrelid = t.typrelid and attnum > 0 and not attisdropped))
    end as line
  from our_type t
  order by name`;

const SEQUENCES = `
  select format('create sequence %s as %s increment %s minvalue %s maxvalue %s start %s cache %s%s;', name,
    seqtypid::regtype, seqincrement, seqmin, seqmax, seqstart, seqcache, case when seqcycle then ' cycle' end) as line
  from our_relation join pg_sequence on seqrelid = our_relation.oid
  order by name`;

const TABLES = `
  select oid, name,
    concat('create ', case relpersistence when 'u' then 'unlogged ' end, 'table ', name) as opening,
    concat(
      ' partition by ' || case relkind when 'p' then pg_get_partkeydef(oid) end,
      ' with (' || (
        select string_agg(option, ', ' order by option) from (
          select unnest(reloptions) as option
          union all
          select 'toast.' || unnest(reloptions) from pg_class toast where toast.oid = our_table.reltoastrelid) options
      ) || ')',
      ';') as closing,
    (select string_agg(
        format('alter table %s attach partition %s %s;', inhparent::regclass, name, pg_get_expr(relpartbound, oid)), '')
      from pg_inherits where inhrelid = our_table.oid) as attached,
    relrowsecurity, relforcerowsecurity
  from our_table
  order by name`;

/** Since 15.20 the server stores a number, `pg_attver`, in the options of a column. */
const COLUMNS = `
  select concat(
    format('%I %s', attname, format_type(atttypid, atttypmod)),
    case when attstorage <> typstorage then ' storage "' || attstorage::text || '"' end,
    ' compression "' || nullif(attcompression::text, '') || '"',
    ' collate ' || case when attcollation <> typcollation then attcollation::regcollation::text end,
    case when attnotnull then ' not null' end,
    case attidentity when 'a' then ' generated always as identity' when 'd' then ' generated by default as identity' end,
    case when attgenerated::text <> '' then format(' generated always as (%s) %s', pg_get_expr(adbin, adrelid),
      case attgenerated when 's' then 'stored' else 'virtual' end)
    else ' default ' || pg_get_expr(adbin, adrelid) end,
    ' statistics ' || nullif(attstattarget, -1),
    ' with (' || (
      select string_agg(option, ', ') from unnest(attoptions) option where not starts_with(option, 'pg_attver=')
    ) || ')') as line
  from pg_attribute
  join pg_type on pg_type.oid = atttypid
  left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid = $1 and attnum > 0 and not attisdropped
  order by attnum`;

/** Since PostgreSQL 18 \`not null\` is also a constraint (type n). The columns have it already. */
const CONSTRAINTS = `
  select format('constraint %I %s', conname, pg_get_constraintdef(oid)) as line
  from pg_constraint
  where conrelid = $1 and contype in ('p', 'u', 'x', 'f', 'c')
  order by position(contype::text in 'puxfc'), conname`;

/** Leaves out indexes of constraints, which the constraints list. */
const INDEXES = `
  select pg_get_indexdef(indexrelid) || case when indisvalid then ';' else '; -- INVALID' end as line
  from pg_index
  where indrelid = $1 and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
  order by indexrelid::regclass::text`;

const POLICIES = `
  select concat(
    format('create policy %I on %s as %s for %s to %s', polname, polrelid::regclass,
      case when polpermissive then 'permissive' else 'restrictive' end,
      case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      (select string_agg(case role when 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', '
         order by case role when 0 then 'public' else pg_get_userbyid(role) end)
       from unnest(polroles) role)),
    E'\\n  using (' || pg_get_expr(polqual, polrelid) || ')',
    E'\\n  with check (' || pg_get_expr(polwithcheck, polrelid) || ')',
    ';') as line
  from pg_policy
  where polrelid = $1
  order by polname`;

const TRIGGERS = `
  select pg_get_triggerdef(oid) || ';' as line
  from pg_trigger where tgrelid = $1 and not tgisinternal order by tgname`;

const VIEWS_OF_OURS = `
  select format(E'create %s %s%s as\\n%s', case relkind when 'm' then 'materialized view' else 'view' end, name,
    ' with (' || array_to_string(reloptions, ', ') || ')', pg_get_viewdef(oid)) as line
  from our_relation where relkind in ('v', 'm') order by name`;

const FUNCTIONS = `
  select case when prokind = 'a' then format('create aggregate %s;', name)
    else rtrim(pg_get_functiondef(oid), E'\\n') || ';' end as line
  from our_function order by name`;

const STATISTICS = `
  select pg_get_statisticsobjdef(oid) || ';' as line
  from pg_statistic_ext where stxnamespace in (select oid from our_schema) order by stxname`;

/** Lists owners other than the migrating role. */
const OWNERS = `
  select format('alter %s %s owner to %I;', kind, name, pg_get_userbyid(owner)) as line
  from owned
  where pg_get_userbyid(owner) <> current_user and (kind, name) <> ('schema', 'public')
  order by place, name`;

/** Rights of everyone but the owner, without MAINTAIN, which is new in PostgreSQL 17. */
const GRANTS = `
  select format('grant %s on %s %s to %s%s;', string_agg(lower(privilege_type), ', ' order by privilege_type),
    kind, name, grantee, case when is_grantable then ' with grant option' end) as line
  from (
    select place, kind, name, privilege_type, is_grantable,
      case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee
    from owned cross join aclexplode(rights)
    where grantee <> owner and privilege_type <> 'MAINTAIN') granted
  group by place, kind, name, grantee, is_grantable
  order by place, name, grantee, is_grantable`;

const COLUMN_GRANTS = `
  select format('grant %s (%s) on table %s to %s%s;', lower(privilege_type),
    string_agg(quote_ident(attname), ', ' order by attnum), name, grantee,
    case when is_grantable then ' with grant option' end) as line
  from (
    select name, attname, attnum, privilege_type, is_grantable,
      case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee
    from our_relation
    join pg_attribute on attrelid = our_relation.oid and not attisdropped
    cross join aclexplode(attacl)
    where grantee <> relowner) granted
  group by name, grantee, privilege_type, is_grantable
  order by name, grantee, privilege_type, is_grantable`;

const DEFAULT_RIGHTS = `
  select format('-- default rights in %s on objects "%s": %s', coalesce(defaclnamespace::regnamespace::text, 'all'),
    defaclobjtype, defaclacl) as line
  from pg_default_acl order by 1`;

const COMMENTS = `
  select format('comment on %s %s is %L;', type, identity, description) as line
  from pg_description cross join pg_identify_object(classoid, objoid, objsubid)
  where objoid in (select oid from our_relation union all select oid from our_function union all select oid from our_type)
  order by type, identity`;

const HEADER = `-- Generated by scripts/check-schema.mjs from what the migrations build. Never edited by hand:
-- schema:write writes it, schema:check compares it.
`;

async function dumpTable(linesOf, table) {
  const parts = [...(await linesOf(COLUMNS, [table.oid])), ...(await linesOf(CONSTRAINTS, [table.oid]))];
  return [
    `${table.opening} (\n${parts.map((part) => `  ${part}`).join(',\n')}\n)${table.closing}`,
    ...(table.attached ? [table.attached] : []),
    ...(await linesOf(INDEXES, [table.oid])),
    ...(table.relrowsecurity ? [`alter table ${table.name} enable row level security;`] : []),
    ...(table.relforcerowsecurity ? [`alter table ${table.name} force row level security;`] : []),
    ...(await linesOf(POLICIES, [table.oid])),
    ...(await linesOf(TRIGGERS, [table.oid])),
  ].join('\n');
}

/**
 * @param {import('pg').Client} client connected to the database. It leaves nothing behind
 * @param {{ roles?: boolean }} what `roles: false` leaves out the roles, which belong to the server
 * @returns {Promise<string>} the schema as SQL-like text
 */
export async function dumpSchema(client, { roles = true } = {}) {
  await client.query('begin');
  try {
    // With this search path, PostgreSQL writes every name with its schema.
    await client.query(`set local search_path = pg_catalog; ${VIEWS}`);
    const linesOf = async (statement, values) =>
      (await client.query(statement, values)).rows.map((row) => row.line);

    const tables = [];
    for (const table of (await client.query(TABLES)).rows) tables.push(await dumpTable(linesOf, table));

    const sections = [];
    if (roles) sections.push(await linesOf(ROLES));
    for (const statement of [EXTENSIONS, SCHEMAS, TYPES, SEQUENCES]) sections.push(await linesOf(statement));
    sections.push(...tables.map((table) => [table]));
    for (const statement of [VIEWS_OF_OURS, FUNCTIONS]) {
      sections.push(...(await linesOf(statement)).map((line) => [line]));
    }
    for (const statement of [STATISTICS, OWNERS, GRANTS, COLUMN_GRANTS, DEFAULT_RIGHTS, COMMENTS]) {
      sections.push(await linesOf(statement));
    }
    const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
    return `${[HEADER.trimEnd(), ...text].join('\n\n')}\n`;
  } finally {
    await client.query('rollback');
  }
}
