import type { Headers, TestApplication } from './application.js';
import type { Media, Route } from './openapi.js';
import { textOf } from './stream-reader.js';
import { CUSTOMER } from './things.js';

/** Chooses the id for a path parameter or a field of a body. */
export type IdOf = (name: string, resource: string) => string;

/** Sends the example request of the document with other ids. */
export async function exampleCall(
  app: TestApplication,
  { method, path, operation }: Route,
  headers: Headers,
  idOf: IdOf,
): Promise<{ status: number; text: string }> {
  const filled = path.replaceAll(/(\w+)\/\{(\w+)\}/g, (_, resource: string, name: string) => {
    return `${resource}/${idOf(name, resource)}`;
  });
  const isSearch = path.endsWith('/conversations/search');
  const sought = new URLSearchParams(isSearch && method === 'get' ? { phoneNumber: CUSTOMER } : {});
  const body =
    isSearch && method === 'post'
      ? JSON.stringify({ phoneNumber: CUSTOMER })
      : exampleBody(operation.requestBody?.content, idOf);
  const response = await fetch(`${app.url}${filled}?${sought.toString()}`, {
    method: method.toUpperCase(),
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: body ?? null,
  });
  return { status: response.status, text: await textOf(response) };
}

function exampleBody(content: Record<string, Media> | undefined, idOf: IdOf): string | undefined {
  const media = content?.['application/json'];
  if (media === undefined) return undefined;
  const shown = media.example ?? Object.values(media.examples ?? {})[0]?.value;
  return JSON.stringify(shown, (name, value: unknown) =>
    /^(conversation|operator|inbox)Id$/.test(name) ? idOf(name, '') : value,
  );
}
