// Writes the types of the client in clients/typescript from openapi.json. With --print it prints them instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';

const DOCUMENT = fileURLToPath(new URL('../openapi.json', import.meta.url));
const TYPES = fileURLToPath(new URL('../clients/typescript/src/openapi.ts', import.meta.url));

const document = JSON.parse(readFileSync(DOCUMENT, 'utf8'));
// The fields have examples of their own. Those of whole bodies would be half of the file.
for (const item of Object.values(document.paths)) {
  for (const { requestBody, responses } of Object.values(item)) {
    for (const { content } of [requestBody, ...Object.values(responses)].filter(Boolean))
      withoutExamples(content);
  }
}
for (const { content } of Object.values(document.components.responses)) withoutExamples(content);

const options = { silent: true, rootTypes: true, rootTypesNoSchemaPrefix: true };
const types = `${COMMENT_HEADER}${astToString(await openapiTS(document, options))}`;
if (process.argv.includes('--print')) {
  process.stdout.write(types);
} else {
  writeFileSync(TYPES, types);
  console.log('Wrote clients/typescript/src/openapi.ts.');
}

/** @param {Record<string, { example?: unknown, examples?: unknown }> | undefined} content */
function withoutExamples(content = {}) {
  for (const media of Object.values(content)) {
    delete media.example;
    delete media.examples;
  }
}
