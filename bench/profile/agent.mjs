// @ts-check
// Runs inside the service when the bench asks for profiles. V8 samples its processor time between two messages.
import { Session } from 'node:inspector/promises';

const session = new Session();
session.connect();

process.on('message', async (/** @type {unknown} */ message) => {
  if (message === 'start the profile') {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    process.send?.({ profile: null });
  } else if (message === 'end the profile') {
    const { profile } = await session.post('Profiler.stop');
    await session.post('Profiler.disable');
    process.send?.({ profile });
  }
});
// A listener would keep the process alive, which it must not.
process.channel?.unref();
