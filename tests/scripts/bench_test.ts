import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { before, timesrv } from "../../scripts/bench/contenders.ts";
import { checkout, count, seconds } from "../../scripts/bench/options.ts";
import {
  summarize,
  summarizeMagnitudes,
  summarizeRatios,
  turnsOf,
} from "../../scripts/bench/stats.ts";
import { summarizeBounds } from "../../scripts/bench/sections/bounds.ts";
import { simulate } from "../../scripts/bench/discipline/world.ts";
import { worlds } from "../../scripts/bench/discipline/worlds.ts";
import { summarizeWorld } from "../../scripts/bench/sections/discipline.ts";
import { summarizeLooks } from "../../scripts/bench/sections/following.ts";
import { summarizeTransits } from "../../scripts/bench/sections/stamps.ts";
import { FieldError } from "../../src/options/field.ts";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

Deno.test("summarize returns the median and the range", () => {
  assertEquals(summarize([]), undefined);
  assertEquals(summarize([3]), { median: 3, min: 3, max: 3 });
  assertEquals(summarize([10, 9, 100]), { median: 10, min: 9, max: 100 });
  assertEquals(summarize([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
});

Deno.test("summarizeRatios pairs figures of the same round", () => {
  assertEquals(summarizeRatios([2, 5, 9, 4], [1, 10, 3, 4]), {
    median: 1.5,
    min: 0.5,
    max: 3,
    count: 4,
    above: 2,
    below: 1,
    interval: undefined,
  });
  assertEquals(summarizeRatios([2, undefined, 9, 5], [1, 10, undefined, 0])?.count, 1);
  assertEquals(summarizeRatios([1], []), undefined);
});

Deno.test("summarizeMagnitudes disregards signs", () => {
  assertEquals(summarizeMagnitudes([-3, 1, 2]), { count: 3, median: 2, p99: 3, max: 3 });
  const errors = Array.from({ length: 1000 }, (_, i) => i % 2 === 0 ? i + 1 : -i - 1);
  assertEquals(summarizeMagnitudes(errors), { count: 1000, median: 500.5, p99: 990, max: 1000 });
});

Deno.test("summarizeWorld has the medians over the seeds, and the worst of them", () => {
  const outcome = simulate({ ...worlds.lan.options(), hours: 2 }, 1);
  const outcomes = [3, 1, 2].map((factor) => ({
    ...outcome,
    rms: factor,
    most: 10 * factor,
    mostShare: factor / 10,
    requestsPerHour: 100 * factor,
    distance: 1000 * factor,
    firstAt: 4 * factor,
  }));
  const { summary, bars } = worlds.lan;
  assertEquals(summarizeWorld({ summary, bars }, outcomes), {
    world: summary,
    bars,
    rms: 2,
    most: 30,
    requestsPerHour: 200,
    distance: 2000,
    mostShare: 0.3,
    firstAt: 12,
    unsynchronizedSeconds: 0,
  });
});

Deno.test("summarizeTransits counts what was stamped after it arrived", () => {
  const transits = summarizeTransits([3000, -1000, 1000, 5000]);
  assertEquals(transits, {
    count: 4,
    medianUs: 2,
    meanUs: 2,
    deviationUs: Math.sqrt(5),
    p99Us: 5,
    maxUs: 5,
    early: 1,
  });
});

Deno.test("summarizeBounds counts the offsets beyond their bound", () => {
  const { outside, worst, contradictions, offsetUs, boundUs, delayUs } = summarizeBounds({
    offsetsUs: [4, -4, 5, -12],
    boundsUs: [4, 3.9, 10, 4],
    delaysUs: [7, 8, 9, 10],
    contradictions: 1,
  });
  assertEquals([outside, worst, contradictions], [2, 3, 1]);
  assertEquals([offsetUs.max, boundUs.median, delayUs.median], [12, 4, 8.5]);
  assertEquals(
    summarizeBounds({ offsetsUs: [], boundsUs: [], delaysUs: [], contradictions: 0 }).worst,
    0,
  );
});

Deno.test("turnsOf reverses every other round", () => {
  assertEquals(turnsOf(["a", "b", "c"], 0), ["a", "b", "c"]);
  assertEquals(turnsOf(["a", "b", "c"], 1), ["c", "b", "a"]);
});

Deno.test("options refuse what is not a number in range", () => {
  const rounds = count(10, { name: "rounds", help: "" });
  assertEquals(rounds.parse("10"), 10);
  for (const text of ["0", "11", "1.5", "1e2", "-1", "one", ""]) {
    assertThrows(() => rounds.parse(text), FieldError);
  }
  const length = seconds({ name: "seconds", help: "" });
  assertEquals(["0.25", ".5"].map(length.parse), [0.25, 0.5]);
  for (const text of ["0", "601", "-1", "1s", "", ".", "Infinity"]) {
    assertThrows(() => length.parse(text), FieldError);
  }
});

const needs = { permissions: [{ name: "read" }] } as const;
Deno.test(
  await where(needs, "checkout refuses folders without a server", () => {
    const { parse } = checkout({ name: "before", help: "" });
    assertEquals(parse(root), Deno.realPathSync(root));
    for (const text of ["", "/nowhere", `${root}/src`]) assertThrows(() => parse(text), FieldError);
  }),
);

Deno.test("before runs the other checkout's server with the same options", () => {
  const ours = timesrv("ntp", "ntp", "mmsg");
  const theirs = before(ours, "/other");
  const line = theirs.command(1234, "/tmp").join(" ");
  assertStringIncludes(line, " /other/server.ts --quiet --transport mmsg ntp://127.0.0.1:1234");
  assertEquals(theirs.folder, "/other");
});

Deno.test("summarizeLooks separates the beginning from what follows", () => {
  const look = (atSeconds: number, offsetUs: number, distanceMs: number) => ({
    ...{ atSeconds, offsetUs, distanceMs },
  });
  assertEquals(
    summarizeLooks("timesrv", [
      ...[look(3, 30, 500), look(9, -40, 99), look(299, 0, 20)],
      ...[look(300, -12, 10), look(301, 16, 30), look(302, 0, 20)],
    ]),
    {
      server: "timesrv",
      rmsUsAtFirst: Math.sqrt(2500 / 3),
      rmsUs: Math.sqrt(400 / 3),
      maxUs: 40,
      distanceMs: 20,
      firstSeconds: 9,
    },
  );
  assertEquals(summarizeLooks("chronyd", []), {
    ...{ server: "chronyd", rmsUsAtFirst: undefined, rmsUs: undefined, maxUs: undefined },
    ...{ distanceMs: undefined, firstSeconds: undefined },
  });
});
