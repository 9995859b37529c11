// A PostgreSQL of one test's own, in the folder given, until stdin ends or the server is gone. Says its address.
import { startPostgres } from '../../../scripts/embedded-postgres.mjs';

const [directory = ''] = process.argv.slice(2);
// As in production: what has been acknowledged survives the death of the server.
const server = await startPostgres({ directory, persistent: true, settings: { max_connections: '200' } });
process.stdout.write(`${JSON.stringify({ url: server.url, data: server.data })}\n`);
const asked = new Promise((resolve) => process.stdin.once('end', resolve).resume());
await Promise.race([server.exited, asked]);
await server.stop();
process.stdin.destroy();
