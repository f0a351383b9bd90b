import { assert, assertEquals } from "@std/assert";
import { drawPlot, MIN_PLOT_HEIGHT } from "../../../../src/cli/timecli/watch/terminal_plot.ts";

const span = { seconds: 60, tick: 15 } as const;

function plotOf(values: readonly number[], height: number, isSigned = true): string[] {
  const points = values.map((value, i) => [-i, value] as const);
  return drawPlot({ points, span, width: 60, height, isSigned, isAscii: false });
}

function ticksOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^ *(\S.*?)┤/.exec(line)?.[1] ?? []);
}

Deno.test("drawPlot leaves out no tick, of values of any range", () => {
  for (let height = MIN_PLOT_HEIGHT; height < 12; height++) {
    for (let low = -9; low <= 9; low++) {
      for (const high of [0.3, 1, 4, 9.5, 10.5, 21]) {
        const ticks = ticksOf(plotOf([low, low + high], height)).map(parseFloat);
        const steps = ticks.slice(1).map((tick, i) => ((ticks[i] ?? NaN) - tick).toFixed(6));
        assert(ticks.length >= 2);
        assertEquals(new Set(steps).size, 1, `${low} to ${low + high}: ${ticks}`);
      }
    }
  }
});

Deno.test("drawPlot writes the sign of values that have one", () => {
  const values = [-0.002, 0.002];
  assertEquals(ticksOf(plotOf(values, 11)), ["+2 ms", "+1 ms", "0 ms", "-1 ms", "-2 ms"]);
  assertEquals(ticksOf(plotOf([0, 0.004], 11, false)), ["4 ms", "3 ms", "2 ms", "1 ms", "0 ms"]);
});

Deno.test("drawPlot names times by the unit of its ticks", () => {
  for (
    const [seconds, tick, labels] of [
      [60, 15, ["-60 s", "-45 s", "-30 s", "-15 s", "now"]],
      [3600, 900, ["-60 min", "-45 min", "-30 min", "-15 min", "now"]],
      [21_600, 7200, ["-6 h", "-4 h", "-2 h", "now"]],
    ] as const
  ) {
    const lines = drawPlot({
      points: [[0, 1]],
      span: { seconds, tick },
      ...{ width: 80, height: 12, isSigned: false, isAscii: true },
    });
    assertEquals(lines.at(-1)?.trim().split(/ {2,}/), [...labels]);
  }
});
