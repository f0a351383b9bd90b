/** A thread that reads a page until it receives a message, and then reports its readings. */
import { ServedPage } from "../../src/clock/page.ts";

const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<Record<"page" | "stop", SharedArrayBuffer>>) => void;
  postMessage(seen: { reads: number; torn: number; backward: number; last: number }): void;
};

thread.onmessage = ({ data }) => {
  const page = new ServedPage(data.page);
  const stop = new Int32Array(data.stop);
  let [reads, torn, backward, last] = [0, 0, 0, 0];
  Atomics.add(stop, 1, 1);
  while (true) {
    const isLast = Atomics.load(stop, 0) !== 0;
    const { line, next, noiseNs, seed, noiseFrom, status } = page.read();
    const { leap } = status;
    const all = [line, next.from, next.line, { noiseNs, seed }, noiseFrom, status].flatMap(
      Object.values,
    );
    reads++;
    if (all.some((each) => each !== leap)) torn++;
    if (leap < last) backward++;
    last = leap;
    if (isLast) break;
  }
  thread.postMessage({ reads, torn, backward, last });
};
