// @ts-check
// Makes .env.example and docs/configuration.md from the table in src/config/variables.ts, and from the two lists below
// of variables that the service does not read itself.

/** @typedef {import('../src/config/variables.js').Section} Section */
/** @typedef {import('../src/config/variable.js').Variable} Variable */
/** @typedef {import('../src/config/rules.js').Rule} Rule */

/** The usual variables of OpenTelemetry. */
export const OPEN_TELEMETRY = {
  OTEL_EXPORTER_OTLP_HEADERS: 'Headers for the collector, such as a key: `name=value,name=value`',
  OTEL_EXPORTER_OTLP_TIMEOUT: 'Milliseconds that the collector may take, 10000 by default',
  OTEL_SERVICE_NAME: 'Name of this service in traces, `inbox-allocation-service` by default',
  OTEL_RESOURCE_ATTRIBUTES: 'What else belongs to every span, such as `deployment.environment=staging`',
  OTEL_TRACES_SAMPLER: 'Which traces are kept, such as `parentbased_traceidratio`; all by default',
  OTEL_TRACES_SAMPLER_ARG: 'Of the sampler, such as the share `0.1`',
  OTEL_BSP_SCHEDULE_DELAY: 'Milliseconds between two batches of spans, 5000 by default',
};

/** Variables of builds, tests and measurements. */
export const DEVELOPMENT = {
  TEST_DATABASE_URL: 'Superuser of a PostgreSQL to run the tests on; without it they start one of their own',
  TEST_POSTGRES: 'Version of the PostgreSQL that the tests start: 15, 16, 17 or 18, which is the default',
  TEST_BROWSER: 'the Chromium of `npm run test:browser`',
  WRITE_SCREENSHOTS: '`yes` has `npm run test:browser` write the pictures of README anew',
  TEST_POOLER: '`pgbouncer` puts one between the services and the database of the tests',
  TEST_SEED: 'Seed of all random tests; the default is always the same',
  TEST_TIMES: 'How many times as much the random tests try, 1 by default',
  TEST_MINUTES: 'How long fuzzing and chaos go on; by default as long as a fixed number of tries takes',
  TEST_LOG_DIRECTORY: 'Where the services under test write their logs; by default a folder that is deleted',
  BENCH_DATABASE_URL: 'Superuser of a PostgreSQL to measure on; without it `bench` starts one of its own',
  GIT_COMMIT: 'What `GET /version` names when the build has no repository to ask, as in an image',
};

const EXAMPLE_HEAD = `# Every variable that the service and its commands read. Copy this file to .env and fill in what you need; an empty
# variable counts as unset. All values but AUTH_MODE are the defaults. Made by \`npm run env:write\`; docs/configuration.md
# has the same as a table.
#
# \`npm start\` needs nothing of it. For a PostgreSQL of your own fill in the two addresses of the database; with the one of
# docker-compose.yml they are
#   DATABASE_URL=postgres://inbox_service:inbox_service@127.0.0.1:5432/inbox
#   DATABASE_ADMIN_URL=postgres://inbox_owner:inbox_owner@127.0.0.1:5432/inbox
# and PLATFORM_API_KEY, to create tenants: docs/first-tenant.md has the first five requests.`;

const PAGE_HEAD = `# Configuration

Environment variables configure the service and its commands. Every command also reads a \`.env\` file in the
folder where it is started; a variable that is set counts for more than the file. An empty variable counts as
unset. The service checks them before it starts, and says in one line for each what is wrong or misspelt.

[.env.example](../.env.example) has the same variables as a file to copy. Both are made from \`src/config/variables.ts\`
by \`npm run env:write\`.`;

const PAGE_RULES = `## What belongs together

The service does not start when one of these does not hold:`;

const PAGE_OPEN_TELEMETRY = `## OpenTelemetry

With \`OTEL_EXPORTER_OTLP_ENDPOINT\`, OpenTelemetry reads its own variables. The usual ones are below;
[its documents](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/) have all.`;

const PAGE_DEVELOPMENT = `## Builds, tests and measurements

The service does not read these, and they have no line in \`.env.example\`.`;

const WIDTH = 118;

/** @param {readonly Section[]} sections */
export function envExample(sections) {
  return `${[EXAMPLE_HEAD, ...sections.map(exampleSection)].join('\n\n')}\n`;
}

/** @param {Section} section */
function exampleSection({ title, about, variables }) {
  const heading = [`# --- ${title} ---`, ...(about === undefined ? [] : comment(about))];
  const lines = variables.map((variable) => {
    const { name, default: usual = '', example = usual } = variable;
    return [
      ...comment(`${variable.about.replaceAll('`', '')}. ${valueOf(variable)}`),
      `${name}=${example}`,
    ].join('\n');
  });
  return [heading.join('\n'), ...lines].join('\n');
}

/** @param {Variable} variable */
function valueOf({ kind, required, defaultInWords, default: usual, example }) {
  const what = kind.description ?? '';
  const value = `${what[0]?.toUpperCase()}${what.slice(1)}`;
  const words = defaultInWords?.replaceAll('`', '') ?? (example === undefined ? '' : usual);
  return required ? `Required: ${what}` : words ? `${value}; default ${words}` : value;
}

/** @param {string} text */
function comment(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length <= WIDTH - 2) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines.map((line) => `# ${line}`);
}

/** @param {readonly Section[]} sections @param {readonly Rule[]} rules */
export function configurationPage(sections, rules) {
  const parts = [
    PAGE_HEAD,
    ...sections.flatMap(pageSection),
    PAGE_RULES,
    rules.map(({ variable, problem }) => `- \`${variable}\` ${problem}`).join('\n'),
    PAGE_OPEN_TELEMETRY,
    table(['variable', 'what it does'], Object.entries(OPEN_TELEMETRY).map(namedRow)),
    PAGE_DEVELOPMENT,
    table(['variable', 'what it does'], Object.entries(DEVELOPMENT).map(namedRow)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** @param {Section} section */
function pageSection({ title, about, variables }) {
  const rows = variables.map((variable) => [
    `\`${variable.name}\``,
    defaultOf(variable),
    variable.kind.description ?? '',
    variable.about.replace(/(?<![\w./])docs\/([\w-]+\.md)/, '[$1]($1)'),
  ]);
  const head = ['variable', 'default', 'value', 'what it does'];
  return [`## ${title}`, ...(about === undefined ? [] : [about]), table(head, rows)];
}

/** @param {Variable} variable */
function defaultOf({ required, defaultInWords, default: usual }) {
  if (required) return 'required';
  return defaultInWords ?? (usual ? `\`${usual}\`` : '–');
}

/** @param {[string, string]} entry */
function namedRow([name, about]) {
  return [`\`${name}\``, about];
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
