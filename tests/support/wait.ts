/** Waits that end: with success, or with an error after a limit. */
import { slowness } from "./limit.ts";

/** Rejects if a promise does not settle within this many seconds; `state` then describes why. */
export async function within<T>(
  seconds: number,
  promise: Promise<T>,
  state: () => string = () => "",
): Promise<T> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Nothing happened within ${seconds * slowness} s${state()}`)),
    seconds * slowness * 1000,
  );
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a condition that raises no event; its source is in the error after the limit. */
export async function until(condition: () => boolean, seconds = 10): Promise<void> {
  const deadlineMs = performance.now() + seconds * slowness * 1000;
  // What is on its way within this machine is there at once.
  for (let tries = 0; !condition(); tries++) {
    if (performance.now() > deadlineMs) throw new Error(`Not within ${seconds} s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, tries < 20 ? 0 : 2));
  }
}

/** Calls a function until its result satisfies; after the limit the last result is in the error. */
export async function poll<T>(
  seconds: number,
  read: () => Promise<T>,
  satisfies: (result: T) => boolean,
  intervalMs = 500,
): Promise<T> {
  const deadline = performance.now() + seconds * slowness * 1000;
  while (true) {
    const result = await read();
    if (satisfies(result)) return result;
    if (performance.now() > deadline) {
      throw new Error(`Not within ${seconds} s; last: ${JSON.stringify(result)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
