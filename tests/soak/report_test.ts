import { assertEquals } from "@std/assert";
import { findProblems, type SoakReport, type Stretch, type SubjectReport } from "./report.ts";
import type { Sample } from "./subject.ts";
import { parseUdpQueues } from "./udp_queues.ts";

const stretch: Stretch = {
  ...{ protocol: "ntp", url: "ntp://127.0.0.1:123", address: "127.0.0.1", port: 123 },
  seconds: 1,
  sent: 10,
  good: 10,
  bad: 0,
  duplicate: 0,
  late: 0,
  lost: 0,
  stray: 0,
  goodPerSecond: 10,
  latencyUs: { p50: 100, p90: 200, p99: 300, p999: 400 },
  idleShare: 1,
};

const sample: Sample = {
  seconds: 0,
  residentKib: 80_000,
  peakKib: 90_000,
  threads: 8,
  descriptors: 30,
};

const stopped = { responder_errors: 0, receive_errors: 0, send_errors: 0 };

const subject: SubjectReport = {
  transport: "mmsg",
  stretches: Array<Stretch>(40).fill(stretch),
  samples: Array<Sample>(100).fill(sample),
  hostile: 100,
  stopped: { ...stopped, received: 500, answered: 430, refused: { denied: 70 } },
  drops: 0,
  uninvited: 0,
};

const slow = {
  sent: 100,
  replies: 64,
  received: 99,
  answered: 64,
  overload: 35,
  drops: 1,
  peakTasks: 64,
};

function problems(
  changed: Partial<SubjectReport>,
  changedSlow: Partial<typeof slow> = {},
): string[] {
  const report: SoakReport = {
    seconds: 1,
    seed: 1,
    subjects: [{ ...subject, ...changed }],
    slow: { ...slow, ...changedSlow },
  };
  return findProblems(report);
}

function lastHalf<T>(of: readonly T[], change: Partial<T>): T[] {
  return of.map((each, i) => i < of.length / 2 ? each : { ...each, ...change });
}

Deno.test("findProblems finds nothing where nothing was lost and nothing grew", () => {
  assertEquals(problems({}), []);
  // A request that the kernel dropped gets no reply.
  assertEquals(
    problems({
      stretches: [{ ...stretch, sent: 401, good: 400, lost: 1 }],
      drops: 1,
    }),
    [],
  );
});

const wrongs: readonly (readonly [name: string, Partial<SubjectReport>, expected: string])[] = [
  [
    "a lost reply",
    { stretches: [{ ...stretch, sent: 400, good: 399, lost: 1 }] },
    "1 replies lost, but the kernel dropped only 0 requests",
  ],
  [
    "a stray reply",
    { stretches: [{ ...stretch, sent: 400, stray: 1 }] },
    "0 bad, 0 duplicate, 1 stray",
  ],
  [
    "a datagram that was not counted",
    { hostile: 101 },
    "400 + 101 sent, 500 received and 0 dropped by the kernel",
  ],
  [
    "a datagram that is neither answered nor refused",
    { stopped: { ...subject.stopped, answered: 429 } },
    "500 received, 429 answered and 70 refused",
  ],
  ["an error", { stopped: { ...subject.stopped, send_errors: 1 } }, "1 errors"],
  ["a reply to a reply", { uninvited: 1 }, "1 replies to replies and to denied clients"],
  [
    "a descriptor left open",
    { samples: lastHalf(subject.samples, { descriptors: 31 }) },
    "descriptors grew from 30 to 31",
  ],
  [
    "threads",
    { samples: lastHalf(subject.samples, { threads: 13 }) },
    "threads grew from 8 to 13",
  ],
  [
    "memory",
    { samples: lastHalf(subject.samples, { residentKib: 110_000 }) },
    "memory grew from 80000 to 110000 KiB",
  ],
  [
    "latency",
    { stretches: lastHalf(subject.stretches, { latencyUs: { ...stretch.latencyUs, p50: 9000 } }) },
    "latency grew from 100 to 9000 µs",
  ],
];

for (const [name, changed, expected] of wrongs) {
  Deno.test(`findProblems finds ${name}`, () => {
    assertEquals(problems(changed), [`mmsg: ${expected}`]);
  });
}

Deno.test("findProblems finds slow replies that pile up, or are lost", () => {
  assertEquals(problems({}, { peakTasks: 65 }), [
    "slow responder: 65 replies under way, but 64 allowed",
  ]);
  assertEquals(problems({}, { replies: 63 }).length, 1);
});

Deno.test("parseUdpQueues reads port, waiting octets and drops", () => {
  const text =
    `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 5113: 0100007F:B46A 00000000:0000 07 00000000:00000680 00:00000000 00000000     0        0 657554 2 000000004b854494 0
 7502: 0100007F:BDBF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 657562 2 000000007d22926a 59302
`;
  assertEquals(parseUdpQueues(text), [
    { port: 0xb46a, waitingOctets: 0x680, drops: 0 },
    { port: 0xbdbf, waitingOctets: 0, drops: 59_302 },
  ]);
});
