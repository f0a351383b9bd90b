import { DOMParser } from "@xmldom/xmldom";
import { assert, assertEquals } from "@std/assert";
import { drawPicture } from "../../../../../src/cli/timecli/watch/picture/svg.ts";
import { lost, measured, notices, recordOf, textReply, url } from "../watch_events.ts";

interface Picture {
  readonly texts: string[];
  readonly count: (name: string) => number;
  /** The labels below the first and the last plot, and the heights of the dots of the first. */
  readonly labelsBelow: (which: "first" | "last") => string[];
  readonly heights: () => number[];
}

/** Reads a picture; fails if it is not well-formed. */
function read(svg: string): Picture {
  const document = new DOMParser().parseFromString(svg, "image/svg+xml");
  const all = [...document.getElementsByTagName("*")];
  assertEquals(document.documentElement?.getAttribute("xmlns"), "http://www.w3.org/2000/svg");
  return {
    texts: all.filter(({ localName }) => localName === "text").map((each) =>
      each.textContent ?? ""
    ),
    count: (name) => all.filter(({ localName }) => localName === name).length,
    labelsBelow: (which) => {
      const axes = all.filter((each) => each.getAttribute("aria-label") === "x-axis tick label");
      const axis = axes.at(which === "first" ? 0 : -1);
      return [...axis?.getElementsByTagName("text") ?? []].map((each) => each.textContent ?? "");
    },
    heights: () => {
      const dots = all.find((each) => each.getAttribute("aria-label") === "dot");
      return [...dots?.getElementsByTagName("circle") ?? []]
        .map((each) => Number(each.getAttribute("cy")));
    },
  };
}

const seconds = Array.from({ length: 50 }, (_, i) => i);
const ntp = recordOf(url, seconds.map((i) => measured(i, i / 1e6, 0.002)));
const other = recordOf("ntp://other.example:123", [measured(0, -2e-5, 0.001), lost(1)]);
const text = recordOf("daytime://192.0.2.8:13", [textReply(0, "now", 0.001)]);

Deno.test("drawPicture draws offset, delay and histogram, one dot per reply, with units", () => {
  const { texts, count } = read(drawPicture([ntp, other]));
  for (const label of ["Offset (µs)", "Delay (ms)", "Replies", "Time (UTC)"]) {
    assert(texts.some((each) => each.includes(label)), label);
  }
  for (const { url } of [ntp, other]) assert(texts.includes(url));
  assert(texts.includes("2 servers, 2026-11-22 20:00:00 to 20:00:49 UTC"));
  // Two plots of 51 replies.
  assertEquals(count("circle"), 2 * 51);
  assertEquals(count("svg"), 4);
});

Deno.test("drawPicture omits plots without values", () => {
  const { texts, count } = read(drawPicture([text]));
  assertEquals(count("svg"), 2);
  assert(!texts.some((each) => each.includes("Offset (")));
  const nothing = read(drawPicture([recordOf(url, [lost(0)])]));
  assertEquals([nothing.texts[0], nothing.count("svg")], [`${url}: no time was received`, 1]);
});

Deno.test("drawPicture escapes names", () => {
  const name = 'ntp://<script>"&:123';
  assert(read(drawPicture([recordOf(name, [measured(0, 1, 1)])])).texts.includes(name));
});

/** How far apart the dots are, of the height of a plot. */
function spread(heights: readonly number[]): number {
  return (Math.max(...heights) - Math.min(...heights)) / 190;
}

const ripple = (name: string, offset: number): ReturnType<typeof recordOf> =>
  recordOf(name, seconds.map((i) => measured(i, offset + (i % 10) / 1e5, 0.002)));

Deno.test("drawPicture shows the spread of a server that is far off, and its base", () => {
  for (
    const [offset, base] of [[4, "+4 s"], [413_340_677, "+4784 d 0 h 51 min 17 s"]] as const
  ) {
    const { texts, heights } = read(drawPicture([ripple(url, offset)]));
    assert(texts.some((each) => each.includes(`Offset from ${base} (µs)`)), texts.join("\n"));
    assert(spread(heights()) > 0.5);
  }
});

Deno.test("drawPicture shows the spread of servers that are far apart, each around its median", () => {
  const records = [
    ripple(url, 0),
    ripple("ntp://other.example:123", 0),
    ripple("ntp://ahead:123", 4),
  ];
  const { texts, heights } = read(drawPicture(records));
  assert(texts.some((each) => each.includes("Offset from each server's median (µs)")));
  assert(spread(heights()) > 0.5);
  assert(texts.includes("+4.0000 s ± 1.000 ms"), texts.join("\n"));
  const near = read(drawPicture([ripple(url, 0), ripple("ntp://other.example:123", 1e-4)]));
  assert(near.texts.some((each) => each.includes("Offset (µs)")));
});

Deno.test("drawPicture has axes in minutes, hours and days, with their labels inside", () => {
  for (const [range, unit] of [[600, "min"], [40_000, "h"], [4e8, "d"]] as const) {
    const record = recordOf(url, seconds.map((i) => measured(i, range * i / 49, 0.002)));
    assert(read(drawPicture([record])).texts.some((each) => each.includes(`Offset (${unit})`)));
  }
});

Deno.test("drawPicture has labels of time that differ, and room for all of them", () => {
  for (const length of [0, 0.3, 2, 18, 4000]) {
    const record = recordOf(url, seconds.map((i) => measured(length * i / 49, i / 1e6, 0.002)));
    const labels = read(drawPicture([record])).labelsBelow("first");
    assert(labels.length >= 3, `${length} s: ${labels}`);
    assertEquals(new Set(labels).size, labels.length, `${length} s: ${labels}`);
  }
});

Deno.test("drawPicture draws a single reply as one dot per plot, and a bar that leaves room", () => {
  const { count, labelsBelow } = read(drawPicture([recordOf(url, [measured(0, 0.003, 0.002)])]));
  // The bar and the white behind all.
  assertEquals([count("circle"), count("rect")], [2, 2]);
  assert(labelsBelow("last").length >= 3);
});

Deno.test("drawPicture marks every server differently", () => {
  const records = Array.from({ length: 15 }, (_, i) => ripple(`ntp://192.0.2.${i}:123`, 0));
  const svg = drawPicture(records);
  const marks = [...svg.matchAll(/<path d="([^"]+)" fill="([^"]+)" transform="translate\(22,/g)];
  assertEquals(new Set(marks.map((mark) => mark.join())).size, 15);
  assertEquals(new Set(marks.map(([, , fill]) => fill)).size, 15);
  assertEquals(new Set(marks.map(([, shape]) => shape)).size, 3);
});

Deno.test("drawPicture marks losses and events", () => {
  const record = recordOf(url, [
    ...[measured(0, 1e-5, 0.002), lost(1), measured(2, 3e-5, 0.004), lost(3)],
    ...[notices, measured(8, 2e-5, 0.006)].flat(),
  ]);
  const { texts } = read(drawPicture([record]));
  for (const text of ["+20.00 µs ± 3.000 ms", "4.000 ms", "40.0 %", "0 %", "kiss", "step"]) {
    assert(texts.includes(text), `${text}: ${texts}`);
  }
  assertEquals(texts.filter((each) => /^(Short|Dashed) lines/.test(each)).length, 2);
  const calm = read(drawPicture([recordOf(url, [measured(0, 1e-5, 0.002)])]));
  assertEquals(calm.texts.filter((each) => /lines/.test(each)).length, 0);
});
