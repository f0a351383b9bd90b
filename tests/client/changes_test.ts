import { assertEquals } from "@std/assert";
import { type Change, ChangeDetector } from "../../src/client/changes.ts";
import type { NtpReply } from "../../src/protocols/reply.ts";

const start = Temporal.Instant.from("2026-11-22T20:00:00Z");

interface Seen {
  readonly ms: number;
  readonly offsetMs?: number;
  readonly boundMs?: number;
  readonly wallMs?: number;
  readonly isFit?: boolean;
  readonly fields?: Partial<NtpReply>;
}

/** The changes that a detector finds in replies received at these times, in milliseconds after the start. */
function changesOf(seen: readonly Seen[]): Change[] {
  const detector = new ChangeDetector();
  return seen.flatMap(({ ms, offsetMs = 0, boundMs = 1, wallMs = ms, isFit = true, fields }) => {
    const reply = {
      protocol: "ntp",
      stratum: 2,
      leap: "none",
      offset: nanoseconds(offsetMs),
      errorBound: nanoseconds(boundMs),
      ...fields,
    } as NtpReply;
    const at = start.add(nanoseconds(wallMs));
    return detector.next(reply, { at, monotonicMs: 5_000_000 + ms }, isFit);
  });
}

function nanoseconds(ms: number): Temporal.Duration {
  return Temporal.Duration.from({ nanoseconds: Math.round(ms * 1e6) });
}

function stepsOf(seen: readonly Seen[]): [ms: number, boundMs: number, clock: string][] {
  return changesOf(seen).flatMap((change) =>
    change.type === "step"
      ? [[change.step.total("milliseconds"), change.errorBound.total("milliseconds"), change.clock]]
      : []
  );
}

Deno.test("ChangeDetector reports a step once, with its size and bound", () => {
  const seen = [{ ms: 0 }, { ms: 1000, offsetMs: 0.5 }, { ms: 2000, offsetMs: 60.5 }];
  const after = [{ ms: 3000, offsetMs: 60 }, { ms: 4000, offsetMs: 61 }];
  assertEquals(stepsOf([...seen, ...after]), [[60, 2, "server"]]);
  // One exchange after a step proves nothing.
  assertEquals(stepsOf(seen), []);
  // Of the two exchanges after it, the one with the narrower bound measures it.
  const narrower = { ms: 3000, offsetMs: 60.2, boundMs: 0.5 };
  assertEquals(stepsOf([...seen, narrower]), [[59.7, 1.5, "server"]]);
});

Deno.test("ChangeDetector dates a step by the exchange that showed it first", () => {
  const seen = [{ ms: 0 }, { ms: 1000, offsetMs: 60 }, { ms: 2000, offsetMs: 60, boundMs: 0.5 }];
  const [step] = changesOf(seen);
  assertEquals(
    step?.type === "step" && step.since.toString(),
    start.add({ seconds: 1 }).toString(),
  );
});

Deno.test("ChangeDetector does not report a late packet, whose bound is as wide, as a step", () => {
  assertEquals(
    stepsOf([{ ms: 0 }, { ms: 1000, offsetMs: 40, boundMs: 41 }, { ms: 2000, offsetMs: 0.1 }]),
    [],
  );
});

Deno.test("ChangeDetector finds a step behind a late packet by the packets before", () => {
  const late = { ms: 1000, offsetMs: 20, boundMs: 30 };
  const step = [{ ms: 2000, offsetMs: 10 }, { ms: 3000, offsetMs: 10 }];
  assertEquals(stepsOf([{ ms: 0 }, late, ...step]), [[-10, 31, "server"]]);
  // Nor does a late packet right after the step refute it.
  const after = { ms: 2500, offsetMs: 20, boundMs: 30 };
  assertEquals(stepsOf([{ ms: 0 }, ...step.slice(0, 1), after, ...step.slice(1)]), [[
    10,
    2,
    "server",
  ]]);
  // Eight measurements are compared, so that the step is found behind seven late packets and not behind eight.
  const behind = (count: number): Seen[] => [
    { ms: 0 },
    ...Array.from({ length: count }, (_, i) => ({ ms: 1000 + i, offsetMs: 20 + i, boundMs: 30 })),
    ...step,
  ];
  assertEquals([stepsOf(behind(7)), stepsOf(behind(8))], [[[-16, 31, "server"]], []]);
});

Deno.test("ChangeDetector reports what bounds and a drift of 500 ppm do not explain", () => {
  const drifting = (ppm: number): Seen[] =>
    Array.from({ length: 100 }, (_, i) => ({
      ms: i * 1000,
      offsetMs: i * ppm / 1000,
      boundMs: 0.01,
    }));
  assertEquals([stepsOf(drifting(500)), stepsOf(drifting(-500))], [[], []]);
  // No exchange confirms the one before, so that a clock that runs away is not stepped.
  assertEquals(stepsOf(drifting(5000)), []);
  // Two bounds of 0.25 s, and half a second of drift in 1000 s.
  for (const sign of [1, -1]) {
    const after = (offsetMs: number): Seen[] => [
      { ms: 0, boundMs: 250 },
      { ms: 1e6, offsetMs: sign * offsetMs, boundMs: 250 },
      { ms: 1e6 + 1, offsetMs: sign * offsetMs, boundMs: 250 },
    ];
    assertEquals(stepsOf(after(1000)), []);
    assertEquals(stepsOf(after(1000.001)), [[sign * 1000.001, 500, "server"]]);
  }
});

Deno.test("ChangeDetector compares with what came after a step", () => {
  const offsets = [0, 60, 60, 0, 0, 0].map((offsetMs, i) => ({ ms: i * 1000, offsetMs }));
  assertEquals(stepsOf(offsets), [[60, 2, "server"], [-60, 2, "server"]]);
});

Deno.test("ChangeDetector does not report the noise of a server, but a step beyond it", () => {
  const noise = [0, 3, -2, 1, 4, -4, -1, 2, 3.5, -3, 0.5, 4.5, 5, -2];
  const noisy = (stepMs: number): Seen[] =>
    [...noise, ...noise.map((ms) => ms + stepMs)]
      .map((offsetMs, i) => ({ ms: i * 1000, offsetMs, boundMs: 0.02 }));
  assertEquals([stepsOf(noisy(0)), stepsOf(noisy(10))], [[], []]);
  assertEquals(stepsOf(noisy(60)), [[62, 0.04, "server"]]);
  // A single reply that is wrong is no step, however far it is off.
  const outlier = [0, 0, 0, 5000, 0, 0].map((offsetMs, i) => ({ ms: i * 1000, offsetMs }));
  assertEquals(stepsOf(outlier), []);
  // After a step the noise is as it was.
  const twice = [...noisy(60), { ms: 28_000, offsetMs: 53 }, { ms: 29_000, offsetMs: 54 }];
  assertEquals(stepsOf(twice).length, 1);
});

Deno.test("ChangeDetector reports whose clock was set", () => {
  // By how much this machine's clock was set, the offset after it, and whose step it is called.
  const table = [
    [60_000, -60_000, "local"],
    [60_000, 60_000, "server"],
    [-60_000, 60_000, "local"],
    [0, 60_000, "server"],
    // Of a step that is half the local clock's, the other half is the server's.
    [30_001, -60_000, "local"],
    [30_000, -60_000, "server"],
  ] as const;
  for (const [setMs, offsetMs, clock] of table) {
    const after = [100_000, 101_000].map((ms) => ({ ms, wallMs: ms + setMs, offsetMs }));
    assertEquals(stepsOf([{ ms: 0 }, ...after]), [[offsetMs, 2, clock]]);
  }
});

Deno.test("ChangeDetector measures only what is fit to trust, but sees stratum and leap of all", () => {
  const lost = { stratum: 0, leap: "unsynchronized" } as const;
  assertEquals(
    changesOf([{ ms: 0 }, { ms: 1000, offsetMs: 9e6, isFit: false, fields: lost }, { ms: 2000 }]),
    [
      { type: "stratum", from: 2, to: 0 },
      { type: "leap", from: "none", to: "unsynchronized" },
      { type: "stratum", from: 0, to: 2 },
      { type: "leap", from: "unsynchronized", to: "none" },
    ],
  );
});

Deno.test("ChangeDetector reports all that one reply changes", () => {
  const fields = { stratum: 3, leap: "insert" } as const;
  const step = [{ ms: 1000, offsetMs: 60 }, { ms: 2000, offsetMs: 60, fields }];
  const changes = changesOf([{ ms: 0 }, ...step]);
  assertEquals(changes.map(({ type }) => type), ["stratum", "leap", "step"]);
});

Deno.test("ChangeDetector reports nothing of the first reply, or of one like the last", () => {
  assertEquals(changesOf([{ ms: 0, offsetMs: 1e6 }, { ms: 10, offsetMs: 1e6 }]), []);
  // A Time server has neither stratum nor leap indicator.
  const time = { protocol: "time", stratum: undefined, leap: undefined } as unknown as NtpReply;
  assertEquals(changesOf([{ ms: 0 }, { ms: 1000, fields: time }, { ms: 2000 }]), []);
});
