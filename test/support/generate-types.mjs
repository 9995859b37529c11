// Turns OpenAPI documents (a JSON list on stdin) into TypeScript (a JSON list on stdout). A process of its own, because
// openapi-typescript needs packages that are ESM only.
import { json } from 'node:stream/consumers';
import openapiTS, { astToString } from 'openapi-typescript';

const types = [];
for (const document of await json(process.stdin)) {
  types.push(astToString(await openapiTS(document, { silent: true })));
}
process.stdout.write(JSON.stringify(types));
