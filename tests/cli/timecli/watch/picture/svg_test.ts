import { DOMParser } from "@xmldom/xmldom";
import { assert, assertEquals } from "@std/assert";
import { drawPicture } from "../../../../../src/cli/timecli/watch/picture/svg.ts";
import type { WatchEvent } from "../../../../../src/client/watch.ts";
import { lost, measured, notices, recordOf, textReply, url } from "../watch_events.ts";

interface Dot {
  readonly x: number;
  readonly y: number;
}

interface Picture {
  readonly texts: string[];
  readonly count: (name: string) => number;
  /** The labels below the first and the last plot. */
  readonly labelsBelow: (which: "first" | "last") => string[];
  /** The dots of each group of them, in the order of the picture. */
  readonly dots: () => Dot[][];
  /** The attributes of elements of a group, by its label. */
  readonly attributesIn: (label: string, name: string) => string[][];
}

/** Reads a picture; fails if it is not well-formed. */
function read(svg: string): Picture {
  const document = new DOMParser().parseFromString(svg, "image/svg+xml");
  const all = [...document.getElementsByTagName("*")];
  assertEquals(document.documentElement?.getAttribute("xmlns"), "http://www.w3.org/2000/svg");
  const groups = (label: string) => all.filter((each) => each.getAttribute("aria-label") === label);
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
    dots: () =>
      groups("dot").map((group) =>
        [...group.getElementsByTagName("*")].map((each) => {
          const [, x, y] = /translate\(([\d.]+),([\d.]+)\)/
            .exec(each.getAttribute("transform") ?? "") ?? [];
          return {
            x: Number(x ?? each.getAttribute("cx")),
            y: Number(y ?? each.getAttribute("cy")),
          };
        })
      ),
    attributesIn: (label, name) =>
      groups(label).map((group) =>
        [...group.getElementsByTagName("*")].map((each) => each.getAttribute(name) ?? "")
      ),
  };
}

const seconds = Array.from({ length: 50 }, (_, i) => i);
const ntp = recordOf(url, seconds.map((i) => measured(i, i / 1e6, 0.002)));
const other = recordOf("ntp://other.example:123", [measured(0, -2e-5, 0.001), lost(1)]);
const text = recordOf("daytime://192.0.2.8:13", [textReply(0, "now", 0.001)]);

Deno.test("drawPicture draws offset, delay and histogram, one dot per reply, with units", () => {
  const { texts, count, dots } = read(drawPicture([ntp, other]));
  for (const label of ["Offset (µs)", "Delay (ms)", "Replies", "Time (UTC)"]) {
    assert(texts.some((each) => each.includes(label)), label);
  }
  for (const { url } of [ntp, other]) assert(texts.includes(url));
  assert(texts.includes("2 servers, 2026-11-22 20:00:00 to 20:00:49 UTC"));
  // Two plots of 51 replies.
  assertEquals(dots().map((group) => group.length), [51, 51]);
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
function spread(dots: readonly Dot[] = []): number {
  const heights = dots.map(({ y }) => y);
  return (Math.max(...heights) - Math.min(...heights)) / 190;
}

const ripple = (name: string, offset: number): ReturnType<typeof recordOf> =>
  recordOf(name, seconds.map((i) => measured(i, offset + (i % 10) / 1e5, 0.002)));

Deno.test("drawPicture shows the spread of a server that is far off, and its base", () => {
  for (
    const [offset, base] of [[4, "+4 s"], [413_340_677, "+4784 d 0 h 51 min 17 s"]] as const
  ) {
    const { texts, dots } = read(drawPicture([ripple(url, offset)]));
    assert(texts.some((each) => each.includes(`Offset from ${base} (µs)`)), texts.join("\n"));
    assert(spread(dots()[0]) > 0.5);
  }
});

Deno.test("drawPicture shows the offsets of servers far apart, and below them each around its median", () => {
  const records = [
    ripple(url, 0),
    ripple("ntp://other.example:123", 0),
    ripple("ntp://ahead:123", 4),
  ];
  const { texts, dots } = read(drawPicture(records));
  const labels = texts.filter((each) => /^. (Offset|Delay).*\(/.test(each));
  assertEquals(labels, [
    ...["↑ Offset (s)", "↑ Offset from each server's median (µs)", "↑ Delay (ms)"],
  ]);
  // The one that is wrong stands alone, and all have the same spread around their medians.
  const [offsets = [], spreads] = dots();
  assert(spread(offsets) > 0.5 && spread(offsets.slice(0, 100)) < 0.01);
  assert(spread(spreads) > 0.5);
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
  // Seven shapes beside seven colours, and other pairs after that.
  const shapes = marks.map(([, shape]) => shape);
  assertEquals([new Set(shapes.slice(0, 7)).size, new Set(shapes).size], [7, 7]);
  assertEquals([shapes[7], shapes[14]], [shapes[1], shapes[2]]);
});

Deno.test("drawPicture marks losses and events", () => {
  const record = recordOf(url, [
    ...[measured(0, 1e-5, 0.002), lost(1), measured(2, 3e-5, 0.004), lost(3)],
    ...[notices, measured(8, 2e-5, 0.006)].flat(),
  ]);
  const { texts, attributesIn } = read(drawPicture([record]));
  const labels = ["KoD RATE", "KoD DENY", "stratum 2 → 3", "leap insert", "step -250.0 ms"];
  assertEquals([...labels, "gone", "back"].filter((label) => !texts.includes(label)), []);
  // One kind of line for each kind of event.
  const dashes = attributesIn("rule", "stroke-dasharray").length;
  assert(dashes >= 6, String(dashes));
  for (const text of ["+20.00 µs ± 3.000 ms", "4.000 ms", "40.0 %", "0 %"]) {
    assert(texts.includes(text), `${text}: ${texts}`);
  }
  assertEquals(texts.filter((each) => /^(Ticks at|Dashed lines)/.test(each)).length, 2);
  const calm = read(drawPicture([recordOf(url, [measured(0, 1e-5, 0.002)])]));
  assertEquals(calm.texts.filter((each) => /lines|Ticks/.test(each)).length, 0);
});

Deno.test("drawPicture draws events of one moment side by side, and their names in rows", () => {
  const [, , stratum, , step] = notices;
  if (stratum?.type !== "stratum" || step?.type !== "step") throw new Error("They are there");
  const at = step.at;
  const records = ["a", "b", "c"].map((name) =>
    recordOf(`ntp://${name}`, [
      measured(0, 0, 1),
      { ...step, at },
      { ...stratum, at },
      measured(9, 0, 1),
    ])
  );
  const { texts, dots, attributesIn } = read(drawPicture(records));
  const marks = dots().find((group) => group.length === 6) ?? [];
  const xs = marks.map(({ x }) => x).toSorted((a, b) => a - b);
  assert(xs.every((x, i) => i === 0 || x - (xs[i - 1] ?? 0) > 5), String(xs));
  // Four rows of names; the lines of the others remain.
  assertEquals(texts.filter((each) => /^(step -250.0 ms|stratum 2 → 3)$/.test(each)).length, 4);
  assertEquals(
    new Set(attributesIn("text", "transform").flat().filter((each) => each !== "")).size,
    4,
  );
});

Deno.test("drawPicture marks a step where it was seen first, not where it was confirmed", () => {
  const step = notices.find((notice) => notice.type === "step");
  if (step?.type !== "step") throw new Error("It is there");
  const late = { ...step, at: step.at.add({ seconds: 2 }) };
  const draw = (event: WatchEvent) =>
    drawPicture([recordOf(url, [measured(0, 0, 1), event, measured(9, 0.1, 1)])]);
  assertEquals(draw(late), draw(step));
});

Deno.test("drawPicture marks losses where their requests were sent, each server in its own row", () => {
  const lostAt = (second: number): ReturnType<typeof lost> => {
    const event = lost(second);
    return event.type === "exchange" ? { ...event, at: event.at.add({ seconds: 2 }) } : event;
  };
  const records = ["a", "b"].map((name) =>
    recordOf(`ntp://${name}`, [measured(0, 0, 1), lostAt(5), measured(10, 1e-3, 1)])
  );
  const { dots, attributesIn } = read(drawPicture(records));
  const [rules = []] = [attributesIn("rule", "x1").find((group) => group.length === 2)];
  const [replies = []] = dots();
  const xs = replies.map(({ x }) => x);
  const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
  for (const x of rules) assert(Math.abs(Number(x) - middle) < 1, `${x}, not ${middle}`);
  const heights = attributesIn("rule", "y1").find((group) => group.length === 2) ?? [];
  assertEquals(new Set(heights).size, 2);
});

Deno.test("drawPicture fits the middle 95 %, and marks what is beyond at the edge", () => {
  const events = seconds.map((i) =>
    measured(i, i === 20 ? 5 : i === 30 ? -5 : (i % 10) / 1e5, 0.002)
  );
  const { texts, dots } = read(drawPicture([recordOf(url, events)]));
  assert(texts.some((each) => each.includes("Offset (µs)")), texts.join());
  assert(texts.some((each) => each.startsWith("Open triangles")));
  assertEquals(dots().map((group) => group.length), [48, 1, 1, 50]);
  assert(spread(dots()[0]) > 0.5);
});

Deno.test("drawPicture names the machine, and describes the picture for screen readers", () => {
  const svg = drawPicture([ntp, other], "host.example");
  assert(/^<svg [^>]*role="img" aria-labelledby="title desc"/.test(svg), svg.slice(0, 300));
  const title = "2 servers by the clock of host.example, 2026-11-22 20:00:00 to 20:00:49 UTC";
  assert(svg.includes(`<title id="title">${title}</title>`));
  assert(svg.includes(`${other.url}: offset -20.00 µs to -20.00 µs, 1 of 2 requests lost.`));
});
