import type { InboxClient } from './client.js';
import type { paths } from './openapi.js';
import { unwrap } from './problem.js';

interface Page<Item> {
  data: Item[];
  nextCursor: string | null;
}

/** The 200 of an operation. */
type Success<Operation> = Operation extends {
  responses: { 200: { content: { 'application/json': infer Body } } };
}
  ? Body
  : never;

type QueryOf<Operation> = Operation extends { parameters: { query?: infer Query } } ? Query & {} : never;
type PathOf<Operation> = Operation extends { parameters: { path: infer Path } }
  ? { path: Path }
  : { path?: never };

/** The lists: operations with GET that have pages and a `cursor`. */
export type ListPath = {
  [Path in keyof paths]: paths[Path] extends { get: infer Operation }
    ? Success<Operation> extends Page<unknown>
      ? 'cursor' extends keyof QueryOf<Operation>
        ? Path
        : never
      : never
    : never;
}[keyof paths];

type Get<Path extends ListPath> = paths[Path]['get'];

export type ItemOf<Path extends ListPath> = Success<Get<Path>> extends Page<infer Item> ? Item : never;

export type ListOptions<Path extends ListPath> = PathOf<Get<Path>> & {
  /** The filters, and how many items to read at once. */
  query?: Omit<QueryOf<Get<Path>>, 'cursor'>;
  signal?: AbortSignal;
};

type Arguments<Path extends ListPath> =
  ListOptions<Path> extends { path: unknown } ? [options: ListOptions<Path>] : [options?: ListOptions<Path>];

/**
 * Every item of a list, page by page, as they are asked for.
 *
 *     for await (const inbox of items(client, '/api/v1/inboxes')) …
 */
export async function* items<Path extends ListPath>(
  client: InboxClient,
  path: Path,
  ...[options]: Arguments<Path>
): AsyncGenerator<ItemOf<Path>, void> {
  const read = client.GET as unknown as Read<ItemOf<Path>>;
  let cursor: string | null = null;
  do {
    const page: Page<ItemOf<Path>> = await unwrap(
      read(path, {
        params: { path: options?.path, query: { ...options?.query, ...(cursor === null ? {} : { cursor }) } },
        signal: options?.signal ?? null,
      }),
    );
    yield* page.data;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** What all lists have in common. TypeScript cannot see that of a path that is not known yet. */
type Read<Item> = (
  path: string,
  init: { params: { path: unknown; query: object }; signal: AbortSignal | null },
) => Promise<
  | { data: Page<Item>; error?: never; response: Response }
  | { error: unknown; data?: never; response: Response }
>;
