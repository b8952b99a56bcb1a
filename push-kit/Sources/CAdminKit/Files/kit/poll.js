/**
 * Calls `load` now and again and again, as long as the page is there and can be seen.
 *
 * @param {number} interval Milliseconds from the end of one call to the begin of the next.
 * @param {(signal: AbortSignal) => Promise<void>} load
 * @param {(error: Error) => void} onError Told of each failure; a wait that the service asks for is kept.
 * @returns a function that calls `load` at once.
 */
export function poll(interval, load, signal, onError) {
  let timer = 0;
  let isRunning = false;
  const turn = async () => {
    clearTimeout(timer);
    if (signal.aborted || isRunning || document.hidden) return;
    isRunning = true;
    let pause = interval;
    try {
      await load(signal);
    } catch (error) {
      if (signal.aborted) return;
      pause = Math.max(interval, (error.wait ?? 0) * 1000);
      onError(error);
    } finally {
      isRunning = false;
    }
    if (!signal.aborted) timer = setTimeout(turn, pause);
  };
  document.addEventListener("visibilitychange", turn, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  turn();
  return turn;
}

/** Calls `update` each second while the page is there: for times that are shown as what is left. */
export function everySecond(update, signal) {
  const timer = setInterval(update, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
}
