import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A function or a view. Its whole text is in the file `src/<room>/sql/<name>.sql`. */
export interface SqlFile {
  readonly name: string;
  readonly kind: 'function' | 'view';
  /** The path relative to the sources, for messages. */
  readonly file: string;
  readonly text: string;
  /** The comment at the top of the file: the parameters and the result. */
  readonly contract: string;
  readonly hash: string;
}

const SOURCES = fileURLToPath(new URL('..', import.meta.url));

/** Reads the SQL files of all rooms, sorted by name. */
export function readSqlFiles(): SqlFile[] {
  const files = readdirSync(SOURCES)
    .flatMap((room) => namesIn(path.join(SOURCES, room, 'sql')).map((name) => path.join(room, 'sql', name)))
    .map((file) => parseSqlFile(file, readFileSync(path.join(SOURCES, file), 'utf8')))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  // Without the files db:run would drop every function.
  if (files.length === 0) throw new Error('this build lacks its SQL files: build it again');
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.sql'));
  } catch (error) {
    // The room has no SQL, or the entry is a file.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

const CREATES = /^create (?:or replace )?(function|view) (\w+)/m;

/** @throws Error when the file does not create what its path says */
export function parseSqlFile(file: string, text: string): SqlFile {
  const name = path.basename(file, '.sql');
  const [, kind, created] = CREATES.exec(text) ?? [];
  if (created !== name) throw new Error(`${file} should create the function or the view ${name}`);
  const lines = text.split('\n');
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('--')),
  );
  if (comment.length === 0) throw new Error(`${file} should begin with a comment: its contract`);
  const contract = comment.map((line) => line.replace(/^-- ?/, '')).join('\n');
  const hash = createHash('sha256').update(text).digest('hex');
  return { name, kind: kind as SqlFile['kind'], file, text, contract, hash };
}
