// What `npm start` prints when the service is ready.

/**
 * @typedef {object} Demo
 * @property {{ id: string, name: string }} tenant
 * @property {{ id: string, name: string, role: string }[]} operators
 * @property {{ id: string, name: string, phoneNumber: string | null }[]} inboxes
 */

/**
 * @param {string} url
 * @param {{ data: string | null, demoKey: string | null, hasPages: boolean }} what `data` is the directory of the embedded
 * database, `hasPages` says whether the service has the board and the desk
 */
export function serviceBanner(url, { data, demoKey, hasPages }) {
  const pages = [
    ['Board', `${url}/board  (for supervisors)`],
    ['Desk', `${url}/desk  (for operators)`],
  ];
  const rows = [
    ...(hasPages ? pages : []),
    ['Swagger UI', `${url}/api`],
    ['API', `${url}/api/v1`],
    ['Health', `${url}/health and ${url}/ready`],
  ];
  if (data) {
    rows.push(['Database', `embedded PostgreSQL; ${data} stays between starts`]);
    rows.push(['', 'npm run db:psql looks into it, npm run demo -- --reset begins the demo anew']);
  }
  if (demoKey) rows.push(['Platform key', `${demoKey} (for demos: set PLATFORM_API_KEY to your own)`]);
  return `\n${table(rows)}`;
}

/**
 * @param {string} url
 * @param {Demo} demo
 */
export function demoBanner(url, demo) {
  const rows = [['Tenant', demo.tenant.id, demo.tenant.name]];
  for (const { id, name, role } of demo.operators) rows.push([role, id, name]);
  const message = {
    externalConversationId: 'first-1',
    inboxId: demo.inboxes[0]?.id,
    customerPhoneNumber: '+4915112345670',
    displayName: 'Nina New',
  };
  return `
${table(rows)}
A customer writes; paste this into another terminal:

curl -X POST ${url}/api/v1/orchestrator/messages \\
  -H 'Content-Type: application/json' \\
  -H 'X-Tenant-Id: ${demo.tenant.id}' \\
  -H 'X-Service: orchestrator' \\
  -d '${JSON.stringify(message)}'

Then let an operator take the most urgent conversation: POST /allocation/allocate with {} and the headers
X-Tenant-Id and X-Operator-Id. The README has a tour of everything else.
`;
}

/** @param {string[][]} rows */
function table(rows) {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (/** @type {string[]} */ row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  return rows.map((row) => `  ${line(row).trimEnd()}\n`).join('');
}
