-- A login for a service behind a pooler: it owns nothing, row-level security binds it, and it brings the settings that
-- a pooler passes on to nobody. Run it after the migrations, as an administrator; the service checks it at the start.
create role inbox_service login password 'choose-a-password' nosuperuser nobypassrls nocreatedb nocreaterole;
grant inbox_app to inbox_service;

alter role inbox_service set role = 'inbox_app';
-- Milliseconds, as in DATABASE_STATEMENT_TIMEOUT_MS and its like.
alter role inbox_service set statement_timeout = '15000';
alter role inbox_service set lock_timeout = '5000';
alter role inbox_service set idle_in_transaction_session_timeout = '10000';
-- Why these: src/database/session.ts.
alter role inbox_service set plan_cache_mode = 'force_generic_plan';
alter role inbox_service set enable_memoize = 'off';
alter role inbox_service set enable_seqscan = 'off';
alter role inbox_service set jit = 'off';
