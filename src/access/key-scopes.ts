/** What an API key lets a service do. `route` is for services that take conversations from people and give them to others. */
export const KEY_SCOPES = ['read', 'ingest', 'resolve', 'route', 'admin:leads'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** Of a key that names none, and of a service without a key. The column has the same default. */
export const DEFAULT_KEY_SCOPES: readonly KeyScope[] = KEY_SCOPES.filter((scope) => scope !== 'route');
