import { assertEquals, assertThrows } from "@std/assert";
import {
  checkContradictions,
  createMetric,
  formatDecimal,
  parseThresholds,
  worstState,
} from "../../../src/client/check/thresholds.ts";

Deno.test("createMetric has state, performance data and a remark by its ranges", () => {
  const { offset, loss, stratum, jitter } = parseThresholds(
    { offset: "2", loss: "10", stratum: "1:3" },
    { offset: "5", loss: "@50:", jitter: "0.5" },
  );
  const table = [
    [createMetric("offset", 2, "s", offset), "OK", "offset=2.000000s;2;5;", ""],
    [
      createMetric("offset", -2.5, "s", offset),
      "WARNING",
      "offset=-2.500000s;2;5;",
      ", offset=-2.5 (WARNING)",
    ],
    [
      createMetric("offset", -5.1, "s", offset),
      "CRITICAL",
      "offset=-5.100000s;2;5;",
      ", offset=-5.1 (CRITICAL)",
    ],
    [createMetric("loss", 10, "%", loss), "OK", "loss=10%;10;@50:;0;100", ""],
    [
      createMetric("loss", 12.5, "%", loss),
      "WARNING",
      "loss=12.5%;10;@50:;0;100",
      ", loss=12.5% (WARNING)",
    ],
    [
      createMetric("loss", 50, "%", loss),
      "CRITICAL",
      "loss=50%;10;@50:;0;100",
      ", loss=50% (CRITICAL)",
    ],
    [
      createMetric("stratum", 4, "", stratum),
      "WARNING",
      "stratum=4;1:3;;0;16",
      ", stratum=4 (WARNING)",
    ],
    // A single number limits both ways for the offset alone.
    [
      createMetric("jitter", -0.1, "s", jitter),
      "CRITICAL",
      "jitter=-0.100000s;;0.5;0",
      ", jitter=-0.1 (CRITICAL)",
    ],
    [
      createMetric("jitter", undefined, "s", jitter),
      "UNKNOWN",
      "jitter=U;;0.5;0",
      ", jitter unknown because (UNKNOWN)",
    ],
    [createMetric("delay", 1e-9, "s"), "OK", "delay=0.000000s;;;0", ""],
  ] as const;
  for (const [metric, state, data, remark] of table) {
    assertEquals(
      [metric.state, metric.performanceData, metric.formatRemark("because")],
      [state, data, remark],
    );
  }
});

Deno.test("checkContradictions names a critical range within the warning's", () => {
  // The value, a warning's range, a critical one, and whether nothing would be a warning.
  const table = [
    ["offset", "10", "5", true],
    ["offset", "10", "10", false],
    ["offset", "5", "10", false],
    ["offset", "-10:10", "5", true],
    ["offset", "-10:10", "10", false],
    ["offset", "-10:10", "-10:9", true],
    ["offset", "0:10", "10", false],
    ["jitter", "0:10", "5", true],
    ["jitter", "1:10", "5", false],
    ["jitter", "1:10", "2:11", false],
    ["jitter", "1:10", "1:9", true],
    ["stratum", "1:10", "2:10", true],
    ["rootDistance", "2", "1", true],
    ["loss", "@10", "5", false],
    ["loss", "10", "@5", false],
  ] as const;
  for (const [name, warning, critical, isContradiction] of table) {
    const check = (): void => checkContradictions({ [name]: warning }, { [name]: critical });
    if (!isContradiction) {
      check();
      continue;
    }
    const value = name === "rootDistance" ? "root distance" : name;
    assertThrows(
      check,
      RangeError,
      `Cannot check the ${value}: its critical range ${critical} is within its warning range ` +
        `${warning}, so that nothing would be a warning`,
    );
  }
  checkContradictions({ offset: "10" }, { jitter: "5" });
  const twice = { offset: "5", loss: "20" };
  assertThrows(() => checkContradictions(twice, { ...twice, loss: "10" }), RangeError, "the loss");
});

Deno.test("worstState follows the order of the monitoring plugins", () => {
  assertEquals([worstState([]), worstState(["OK", "OK"])], ["OK", "OK"]);
  assertEquals(worstState(["UNKNOWN", "OK"]), "UNKNOWN");
  assertEquals(worstState(["UNKNOWN", "WARNING", "OK"]), "WARNING");
  assertEquals(worstState(["WARNING", "CRITICAL", "UNKNOWN"]), "CRITICAL");
});

Deno.test("formatDecimal has no exponent, and digits to the nanosecond", () => {
  const numbers = [1e-9, 4e-10, 0.25, -3, 100, 1e9 + 0.5];
  assertEquals(numbers.map(formatDecimal), [
    "0.000000001",
    "0",
    "0.25",
    "-3",
    "100",
    "1000000000.5",
  ]);
});
