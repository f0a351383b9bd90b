import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Clock } from "../../../src/clock/clock.ts";
import { systemClock } from "../../../src/clock/system_clock.ts";
import { StatusKeeper } from "../../../src/clock/sources/machine.ts";
import type { StatusOptions } from "../../../src/clock/sources/options.ts";

/** A clock of whole milliseconds that goes on by one with each reading. */
function ticking(seconds: number): Clock & { seconds: number } {
  let milliseconds = 0;
  return {
    seconds,
    read(time): void {
      time.seconds = this.seconds;
      time.nanoseconds = ++milliseconds % 1000 * 1e6;
    },
  };
}

const START = 1_585_948_176;
/** The least power of two that is no less than a millisecond. */
const PRECISION = -9;

function statusOf(options: StatusOptions, clock: Clock = ticking(START)): StatusKeeper["current"] {
  using keeper = new StatusKeeper(clock, options);
  return keeper.current;
}

Deno.test("StatusKeeper makes an honest guess of a clock that nobody vouches for", () => {
  assertEquals(statusOf({}), {
    leap: 0,
    stratum: 10,
    referenceId: 0x7f7f0101,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0.01 + 2 ** PRECISION,
    referenceSeconds: START,
    precision: PRECISION,
  });
});

Deno.test("StatusKeeper takes each option", () => {
  const table: [options: StatusOptions, facts: Partial<StatusKeeper["current"]>][] = [
    [{ stratum: 1 }, { stratum: 1 }],
    [{ stratum: 15 }, { stratum: 15 }],
    [{ referenceId: "GPS" }, { referenceId: 0x47505300 }],
    [{ referenceId: "192.0.2.1" }, { referenceId: 0xc0000201 }],
    [{ rootDelay: 0 }, { rootDelaySeconds: 0 }],
    [{ rootDelay: 65_535 }, { rootDelaySeconds: 65_535 }],
    [{ rootDispersion: 0 }, { rootDispersionSeconds: 0 }],
    [{ rootDispersion: 0.5 }, { rootDispersionSeconds: 0.5 }],
    [{ leap: "none" }, { leap: 0 }],
    [{ leap: "insert" }, { leap: 1 }],
    [{ leap: "delete" }, { leap: 2 }],
    [{ unsynchronized: true }, { leap: 3 }],
    [{ unsynchronized: true, leap: "insert", source: "fixed" }, { leap: 3 }],
    [{ unsynchronized: false }, { leap: 0 }],
    [{ source: "fixed" }, { leap: 0, stratum: 10 }],
  ];
  for (const [options, facts] of table) {
    const status: Partial<StatusKeeper["current"]> = statusOf(options);
    for (const [name, value] of Object.entries(facts)) {
      assertEquals(status[name as keyof typeof status], value, JSON.stringify(options));
    }
  }
});

Deno.test("StatusKeeper refuses what is out of range, and says what is not", () => {
  const table: [StatusOptions, typeof Error, message: string][] = [
    [{ stratum: 0 }, RangeError, "Cannot serve stratum 0: expected 1 to 15"],
    [{ stratum: 16 }, RangeError, "Cannot serve stratum 16: expected 1 to 15"],
    [{ stratum: NaN }, RangeError, "Cannot serve stratum NaN: expected 1 to 15"],
    [{ stratum: 2.5 }, RangeError, "Cannot serve stratum 2.5: expected a whole number"],
    [{ rootDelay: -1e-9 }, RangeError, "Cannot serve root delay -1e-9: expected 0 to 65535"],
    [{ rootDelay: Infinity }, RangeError, "Cannot serve root delay Infinity"],
    [{ rootDispersion: -1 }, RangeError, "Cannot serve root dispersion -1: expected 0 to 65535"],
    [{ rootDispersion: 65_536 }, RangeError, "Cannot serve root dispersion 65536"],
    [{ referenceId: "GPSDO" }, SyntaxError, 'Cannot read reference id "GPSDO"'],
    [{ referenceId: "" }, SyntaxError, "Cannot read reference id"],
  ];
  const { permissions } = Deno;
  const { querySync } = permissions;
  try {
    permissions.querySync = () => {
      throw new Error("A way to the kernel would be opened that nobody is going to close");
    };
    for (const [options, type, message] of table) {
      assertThrows(() => new StatusKeeper(systemClock, options), type, message);
    }
  } finally {
    permissions.querySync = querySync;
  }
});

Deno.test("StatusKeeper has a clock vouched for be right at the last round second", () => {
  const round = 1024 * 1_000_000;
  const options: StatusOptions[] = [
    { source: "fixed" },
    { stratum: 3 },
    { referenceId: "GPS" },
    { rootDelay: 0 },
    { rootDispersion: 0 },
  ];
  for (const option of options) {
    for (const past of [0, 1, 512, 1023]) {
      const { referenceSeconds } = statusOf(option, ticking(round + past));
      assertEquals(referenceSeconds, round, `${JSON.stringify(option)} ${past}`);
    }
    assertEquals(statusOf(option, ticking(round - 1)).referenceSeconds, round - 1024);
    assertEquals(statusOf(option, ticking(-1)).referenceSeconds, -1024);
  }
  for (const option of [{}, { leap: "insert" }, { unsynchronized: true }] as const) {
    assertEquals(statusOf(option, ticking(round + 7)).referenceSeconds, round + 7);
  }
});

/** Runs the timers that are set meanwhile by hand. */
function withTimers(body: (tick: () => void) => void): void {
  const { setInterval, clearInterval } = globalThis;
  const timers = new Map<number, () => void>();
  try {
    globalThis.setInterval = ((callback: () => void) => {
      timers.set(timers.size + 1, callback);
      return timers.size;
    }) as unknown as typeof setInterval;
    globalThis.clearInterval = (id) => void timers.delete(id as unknown as number);
    body(() => timers.forEach((callback) => callback()));
    assertEquals(timers.size, 0, "no timer is left");
  } finally {
    Object.assign(globalThis, { setInterval, clearInterval });
  }
}

Deno.test("StatusKeeper lets the bound of a guess grow, and renews what is vouched for", () => {
  withTimers((tick) => {
    const clock = ticking(START);
    using guess = new StatusKeeper(clock, {});
    using vouched = new StatusKeeper(clock, { stratum: 2 });
    const before = vouched.current.referenceSeconds;
    clock.seconds += 2048;
    tick();
    // The age a reply adds 15 ppm for is counted from the reference time.
    assertEquals(guess.current.referenceSeconds, START);
    assertEquals(vouched.current.referenceSeconds, before + 2048);
  });
});

Deno.test("StatusKeeper does not take the kernel's word for another clock than the system's", () => {
  using keeper = new StatusKeeper(ticking(START), { source: "kernel" });
  assertEquals(keeper.current.leap, 3);
  assert(keeper.warning?.includes("it is not the clock served"), keeper.warning);
  using auto = new StatusKeeper(ticking(START), {});
  assertEquals([auto.current.leap, auto.warning], [0, undefined]);
});

Deno.test({
  name: "StatusKeeper without permission for the kernel guesses, or warns if it was to ask",
  permissions: { ffi: false },
  fn(): void {
    using auto = new StatusKeeper(systemClock, {});
    assertEquals([auto.current.leap, auto.warning], [0, undefined]);
    using fixed = new StatusKeeper(systemClock, { source: "fixed" });
    assertEquals([fixed.current.leap, fixed.warning], [0, undefined]);
    using kernel = new StatusKeeper(systemClock, { source: "kernel" });
    assertEquals(kernel.current.leap, 3);
    if (Deno.build.os === "linux") {
      assertEquals(
        kernel.warning,
        "The kernel's clock status cannot be read (no permission --allow-ffi): " +
          "the clock is served as not synchronised",
      );
    }
    using said = new StatusKeeper(systemClock, { source: "kernel", unsynchronized: true });
    assertEquals([said.current.leap, said.warning], [3, undefined]);
  },
});

/** Has a synchronised kernel that says that a second will be inserted, and at most 0.25 s of error. */
function withKernel(body: (opened: () => number) => void): void {
  const { dlopen, permissions } = Deno;
  const { querySync } = permissions;
  let [opened, everOpened] = [0, 0];
  const symbols = {
    ntp_adjtime(timex: DataView): number {
      // <sys/timex.h> on 64 bits: maxerror is the fourth long, status follows the fifth.
      timex.setBigInt64(24, 250_000n, true);
      timex.setInt32(40, 0x0011, true);
      return 1;
    },
  };
  try {
    Deno.dlopen = (() => {
      opened++;
      everOpened++;
      return { symbols, close: () => opened-- };
    }) as unknown as typeof dlopen;
    permissions.querySync = () => ({ state: "granted" }) as Deno.PermissionStatus;
    body(() => everOpened);
    assertEquals(opened, 0, "no way to the kernel is left open");
  } finally {
    Deno.dlopen = dlopen;
    permissions.querySync = querySync;
  }
}

const hasKernel = Deno.build.os === "linux" && ["x86_64", "aarch64"].includes(Deno.build.arch);

Deno.test({
  name: "StatusKeeper takes the kernel's word again once the clock no longer lies",
  ignore: !hasKernel,
  fn(): void {
    const about = { precision: -20 };
    const bound = 0.25 + 2 ** about.precision;
    for (const [source, lying] of [["auto", 0], ["kernel", 3]] as const) {
      withKernel((opened) => {
        using keeper = new StatusKeeper(systemClock, { source }, about);
        const said = (): unknown => [keeper.current.leap, keeper.current.rootDispersionSeconds];
        assertEquals(said(), [1, bound], source);
        keeper.set({ source }, true);
        assertEquals(keeper.current.leap, lying, source);
        keeper.set({ source }, false);
        assertEquals([said(), opened()], [[1, bound], 1], source);
        keeper.set({ source: "fixed" }, false);
        assertEquals(keeper.current.leap, 0);
        keeper.set({ source, unsynchronized: true }, false);
        assertEquals(keeper.current.leap, 3);
        keeper.set({ source }, false);
        assertEquals([said(), opened()], [[1, bound], 1], source);
      });
      // One that lied at the start may be made to tell the truth later.
      withKernel((opened) => {
        using keeper = new StatusKeeper(systemClock, { source }, { ...about, isLying: true });
        assertEquals([keeper.current.leap, opened()], [lying, 0]);
        assertEquals(keeper.warning === undefined, source === "auto");
        keeper.set({ source }, false);
        assertEquals([keeper.current.leap, opened()], [1, 1]);
      });
    }
  },
});
