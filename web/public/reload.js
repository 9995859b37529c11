/**
 * While a new release is rolled out, an instance of one release can be asked for the page and an instance of the other one
 * for its files, which it does not have. Then the page is loaded again until both come from the same release. The name of
 * this file has no hash, so every instance has it.
 */
(() => {
  const PAUSE_MS = 1_000;
  let isWaiting = false;
  addEventListener(
    'error',
    ({ target }) => {
      const isFile = target instanceof Element && target.matches('script, link[rel=stylesheet]');
      if (!isFile || isWaiting) return;
      isWaiting = true;
      // Not all at the same moment.
      setTimeout(() => location.reload(), PAUSE_MS * (1 + Math.random()));
    },
    // Errors of elements do not bubble.
    true,
  );
})();
