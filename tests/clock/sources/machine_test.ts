import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Clock } from "../../../src/clock/clock.ts";
import { MachineSource } from "../../../src/clock/sources/machine.ts";
import type { StatusOptions } from "../../../src/clock/sources/options.ts";
import type { SourceContext } from "../../../src/clock/sources/source.ts";
import type { ClockStatus } from "../../../src/clock/status.ts";
import { systemClock } from "../../../src/clock/system_clock.ts";
import { decodeNtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { ntpResponder } from "../../../src/protocols/ntp/service.ts";
import { answer } from "../../support/services.ts";
import { clockBy, FakeTime } from "../../support/fake_time.ts";
import { FakeKernel, kernelStatus } from "../../support/kernel.ts";
import { where } from "../../support/needs.ts";

const START = 1_585_948_176;
const PRECISION = -9;

function stopped(seconds: number): Clock {
  return { read: (time) => Object.assign(time, { seconds, nanoseconds: 0 }) };
}

/** A source of a clock, by timers that nothing lets run. */
function open(
  options: StatusOptions,
  base: Clock = stopped(START),
  timers: FakeTime = new FakeTime(),
): MachineSource {
  const start = { seconds: 0, nanoseconds: 0 };
  base.read(start);
  const context: SourceContext = { base, precision: PRECISION, start, timers };
  return new MachineSource(context, options);
}

function statusOf(options: StatusOptions, base?: Clock): ClockStatus {
  using source = open(options, base);
  return source.content.status;
}

Deno.test("MachineSource makes a cautious guess of a clock that no option vouches for", () => {
  assertEquals(statusOf({}), {
    leap: 0,
    stratum: 10,
    referenceId: 0x7f7f0101,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0.01 + 2 ** PRECISION,
    dispersionRate: 15e-6,
    referenceSeconds: START,
    precision: PRECISION,
  });
});

Deno.test("MachineSource applies each option", () => {
  const table: [options: StatusOptions, facts: Partial<ClockStatus>][] = [
    [{ stratum: 1 }, { stratum: 1 }],
    [{ stratum: 15 }, { stratum: 15 }],
    [{ referenceId: "GPS" }, { referenceId: 0x47505300 }],
    [{ referenceId: "192.0.2.1" }, { referenceId: 0xc0000201 }],
    [{ rootDelay: "0s" }, { rootDelaySeconds: 0 }],
    [{ rootDelay: "65535s" }, { rootDelaySeconds: 65_535 }],
    [{ rootDispersion: "0s" }, { rootDispersionSeconds: 0 }],
    [{ rootDispersion: "500ms" }, { rootDispersionSeconds: 0.5 }],
    [{ leap: "none" }, { leap: 0 }],
    [{ leap: "insert" }, { leap: 1 }],
    [{ leap: "delete" }, { leap: 2 }],
    [{ unsynchronized: true }, { leap: 3 }],
    [{ unsynchronized: true, leap: "insert", source: "fixed" }, { leap: 3 }],
    [{ unsynchronized: false }, { leap: 0 }],
    [{ source: "fixed" }, { leap: 0, stratum: 10 }],
    [{ local: true }, { leap: 0, stratum: 10 }],
    [{ local: 8 }, { leap: 0, stratum: 8 }],
    [{ local: false, stratum: 3 }, { stratum: 3 }],
    [{ local: 3, rootDispersion: "500ms" }, { stratum: 3, rootDispersionSeconds: 0.5 }],
  ];
  for (const [options, facts] of table) {
    const status: Partial<ClockStatus> = statusOf(options);
    for (const [name, value] of Object.entries(facts)) {
      assertEquals(status[name as keyof typeof status], value, JSON.stringify(options));
    }
  }
});

Deno.test("MachineSource names the option that is out of range", () => {
  const table: [StatusOptions, typeof Error, message: string][] = [
    [{ stratum: 0 }, RangeError, "status.stratum is 0, expected a whole number, 1 to 15"],
    [{ stratum: 16 }, RangeError, "status.stratum is 16, expected a whole number, 1 to 15"],
    [{ stratum: NaN }, RangeError, "status.stratum is NaN, expected a whole number, 1 to 15"],
    [{ stratum: 2.5 }, RangeError, "status.stratum is 2.5, expected a whole number"],
    [
      { rootDelay: "-1ns" },
      RangeError,
      'status.rootDelay is "-1ns", expected a duration from 0s to 65535s',
    ],
    [
      { rootDelay: 0.25 as never },
      TypeError,
      "status.rootDelay is 0.25, expected a length of time",
    ],
    [
      { rootDispersion: "-1s" },
      RangeError,
      'status.rootDispersion is "-1s", expected a duration from 0s to 65535s',
    ],
    [{ rootDispersion: "65536s" }, RangeError, 'status.rootDispersion is "65536s"'],
    [
      { referenceId: "GPSDO" },
      SyntaxError,
      'status.referenceId is "GPSDO", expected 1 to 4 ASCII characters',
    ],
    [{ referenceId: "" }, SyntaxError, 'status.referenceId is ""'],
    [{ local: 16 }, RangeError, "status.local is 16, expected a whole number, 1 to 15"],
    [{ local: 8, stratum: 3 }, RangeError, "status.local cannot be used with status.stratum"],
    [
      { local: true, source: "kernel" },
      RangeError,
      "status.local cannot be used with status.source",
    ],
    [{ local: true, unsynchronized: true }, RangeError, "with status.unsynchronized"],
  ];
  const { permissions } = Deno;
  const { querySync } = permissions;
  try {
    permissions.querySync = () => {
      throw new Error("the kernel would be opened, and never closed");
    };
    for (const [options, type, message] of table) {
      assertThrows(() => open(options, systemClock), type, message);
    }
  } finally {
    permissions.querySync = querySync;
  }
});

Deno.test("MachineSource dates a clock vouched for to the last multiple of 1024 seconds", () => {
  const round = 1024 * 1_000_000;
  const options: StatusOptions[] = [
    { source: "fixed" },
    { stratum: 3 },
    { referenceId: "GPS" },
    { rootDelay: "0s" },
    { rootDispersion: "0s" },
  ];
  for (const option of options) {
    for (const past of [0, 1, 512, 1023]) {
      const { referenceSeconds } = statusOf(option, stopped(round + past));
      assertEquals(referenceSeconds, round, `${JSON.stringify(option)} ${past}`);
    }
    assertEquals(statusOf(option, stopped(round - 1)).referenceSeconds, round - 1024);
    assertEquals(statusOf(option, stopped(-1)).referenceSeconds, -1024);
  }
  for (const option of [{}, { leap: "insert" }, { unsynchronized: true }] as const) {
    assertEquals(statusOf(option, stopped(round + 7)).referenceSeconds, round + 7);
  }
});

Deno.test("MachineSource uses the kernel's status for the system's clock alone", () => {
  using kernel = open({ source: "kernel" });
  // The rest is the guess, as of now.
  assertEquals(kernel.content.status, { ...statusOf({}), leap: 3 });
  assertStringIncludes(kernel.warnings.join(), "it is not the clock served");
  using auto = open({});
  assertEquals([auto.content.status.leap, auto.warnings], [0, []]);
  // The warning goes by the options of now, not by those of the start.
  auto.configure({ source: "kernel" });
  assertEquals(auto.warnings, kernel.warnings);
  kernel.configure({ source: "fixed" });
  assertEquals(kernel.warnings, []);
});

Deno.test({
  name: "MachineSource without the permission guesses, or warns if the kernel was required",
  permissions: { ffi: false },
  fn(): void {
    using auto = open({}, systemClock);
    assertEquals([auto.content.status.leap, auto.warnings], [0, []]);
    using fixed = open({ source: "fixed" }, systemClock);
    assertEquals([fixed.content.status.leap, fixed.warnings], [0, []]);
    using kernel = open({ source: "kernel" }, systemClock);
    assertEquals(kernel.content.status.leap, 3);
    if (Deno.build.os === "linux") {
      assertEquals(
        kernel.warnings,
        [
          "The kernel's clock status cannot be read (no permission --allow-ffi): " +
          "the clock is served as not synchronised",
        ],
      );
    }
    using both = open({ source: "kernel", unsynchronized: true }, systemClock);
    assertEquals([both.content.status.leap, both.warnings], [3, []]);
  },
});

const BOUND = 0.25 + 2 ** PRECISION;

Deno.test(
  await where(
    kernelStatus,
    "MachineSource serves the kernel's status unless the options overrule it",
    () => {
      for (const source of ["auto", "kernel"] as const) {
        using kernel = new FakeKernel();
        using machine = open({ source }, systemClock);
        const served = (): unknown => {
          const { leap, rootDispersionSeconds } = machine.content.status;
          return [leap, rootDispersionSeconds];
        };
        assertEquals(served(), [1, BOUND], source);
        machine.configure({ source: "fixed" });
        assertEquals(machine.content.status.leap, 0);
        machine.configure({ source, unsynchronized: true });
        assertEquals(machine.content.status.leap, 3);
        machine.configure({ source });
        assertEquals([served(), kernel.timesOpened], [[1, BOUND], 1], source);
      }
    },
  ),
);

Deno.test(
  await where(
    kernelStatus,
    "MachineSource reads the kernel's status again every four seconds, until it is disposed of",
    async () => {
      using kernel = new FakeKernel();
      const time = new FakeTime();
      let changes = 0;
      {
        using machine = open({}, systemClock, time);
        machine.onChange = () => changes++;
        kernel.maxErrorSeconds = 0.5;
        await time.advance(3999);
        assertEquals([machine.content.status.rootDispersionSeconds, changes], [BOUND, 0]);
        await time.advance(1);
        assertEquals([machine.content.status.rootDispersionSeconds, changes], [BOUND + 0.25, 1]);
        kernel.isSynchronized = false;
        await time.advance(4000);
        assertEquals([machine.content.status.leap, changes], [0, 2]);
      }
      await assertRejects(() => time.run(new Promise(() => {})), Error, "Nothing waits");
    },
  ),
);

Deno.test("MachineSource lets the bound of a guess grow, and renews what is vouched for", async () => {
  const time = new FakeTime("2026-01-01T00:00:00Z");
  using guess = open({}, clockBy(time), time);
  using vouched = open({ stratum: 2 }, clockBy(time), time);
  const [start, round] = [guess, vouched].map(({ content }) => content.status.referenceSeconds);
  await time.advance(2048_000);
  // The age a reply adds 15 ppm for is counted from the reference time.
  assertEquals(guess.content.status.referenceSeconds, start);
  assertEquals(vouched.content.status.referenceSeconds, (round ?? NaN) + 2048);
});

Deno.test("without local, a server exceeds the limits of NTP clients after 1 to 4 days; with it, never", async () => {
  // The root distance that they accept, and the hour in which this server leaves it behind.
  const limits = { ntpd: [1.5, 27], chrony: [3, 55], "systemd-timesyncd": [5, 92] } as const;
  const time = new FakeTime("2026-01-01T00:00:00Z");
  using guess = open({}, clockBy(time), time);
  using local = open({ local: 8 }, clockBy(time), time);
  assertEquals([guess.statusSource, local.statusSource], ["guess", "given"]);
  const dispersionOf = ({ content: { status } }: MachineSource): number => {
    const now = { seconds: 0, nanoseconds: 0 };
    clockBy(time).read(now);
    const request = new Uint8Array(48);
    request[0] = 0x23;
    const responder = ntpResponder({ random32: () => 0 });
    return decodeNtpPacket(answer(responder, request, { at: now, status })).rootDispersion;
  };
  for (const [client, [limit, hour]] of Object.entries(limits)) {
    const before = await at(hour);
    const after = await at(hour + 1);
    assertEquals([before[0] < limit, after[0] > limit], [true, true], client);
    // The age of the reference time, at most 1024 s, adds 15 ms.
    for (const dispersion of [before[1], after[1]]) {
      assert(dispersion >= 0.01 && dispersion < 0.01 + 2 ** PRECISION + 0.016, String(dispersion));
    }
  }

  async function at(hour: number): Promise<readonly [guess: number, local: number]> {
    // The pause of a machine, with a look at the clock after it.
    time.holdUp(hour * 3_600_000 - time.monotonicMs() - 4000);
    await time.advance(4000);
    return [dispersionOf(guess), dispersionOf(local)];
  }
});
