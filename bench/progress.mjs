// @ts-check
// Shows progress: one line that changes at a terminal, separate lines elsewhere.

const start = Date.now();
let pending = false;

/** @param {string} text a line that stays */
export function say(text) {
  clear();
  process.stderr.write(`${stamp()} ${text}\n`);
}

/** @param {string} text a line for the moment; only a terminal shows it */
export function show(text) {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\u001b[K${stamp()} ${text}`.slice(0, process.stderr.columns + 3));
  pending = true;
}

function clear() {
  if (pending) process.stderr.write('\r\u001b[K');
  pending = false;
}

function stamp() {
  const seconds = Math.round((Date.now() - start) / 1000);
  return `[${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}]`;
}
