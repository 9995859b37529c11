// Runs a PostgreSQL for one test in the given folder, until stdin or the server ends. Prints its address.
import { startPostgres } from '../../../scripts/embedded-postgres.mjs';

const [directory = ''] = process.argv.slice(2);
// Durable, as in production: acknowledged work must survive a killed server.
const server = await startPostgres({ directory, persistent: true, settings: { max_connections: '200' } });
process.stdout.write(`${JSON.stringify({ url: server.url, data: server.data })}\n`);
const asked = new Promise((resolve) => process.stdin.once('end', resolve).resume());
await Promise.race([server.exited, asked]);
await server.stop();
process.stdin.destroy();
