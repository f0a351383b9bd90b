/** A thread that makes answers from a page through many changes, and says how many were of two pieces. */
import type { UnixTime } from "../../src/clock/clock.ts";
import { ServedClock } from "../../src/clock/served_clock.ts";
import { ServedPage } from "../../src/clock/page.ts";

const thread = globalThis as unknown as {
  onmessage: (
    event: MessageEvent<
      { page: SharedArrayBuffer; done: SharedArrayBuffer; answers: number; changes: number }
    >,
  ) => void;
  postMessage(seen: { torn: number }): void;
};

/** The clock that all lines are made from goes on, but this one is read at one moment. */
const NOW: UnixTime = { seconds: 1_700_000_000, nanoseconds: 0 };

thread.onmessage = ({ data: { page, done, ...least } }) => {
  const clock = new ServedClock({ read: (time) => Object.assign(time, NOW) }, new ServedPage(page));
  const transmit = { ...NOW };
  let [torn, changes, before] = [0, 0, 0];
  for (let i = 0; i < least.answers || changes < least.changes; i++) {
    const arrival = { ...NOW };
    clock.look();
    const { stratum, rootDispersionSeconds, referenceSeconds } = clock.toServed(arrival);
    clock.read(transmit);
    // Each state says its offset in all that it says.
    const isTorn = arrival.seconds !== transmit.seconds ||
      arrival.seconds - NOW.seconds !== stratum * 1000 || rootDispersionSeconds !== stratum ||
      Math.abs(referenceSeconds - arrival.seconds) > 1e9;
    if (isTorn) torn++;
    if (stratum !== before) changes++;
    before = stratum;
  }
  Atomics.add(new Int32Array(done), 0, 1);
  thread.postMessage({ torn });
};
