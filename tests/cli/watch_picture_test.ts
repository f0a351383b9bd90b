import { DOMParser } from "@xmldom/xmldom";
import { assert, assertEquals } from "@std/assert";
import { pictureOf } from "../../src/cli/watch_picture.ts";
import { WatchRecord } from "../../src/cli/watch_record.ts";
import { lost, measured, told, url } from "./watch_events.ts";

function recordOf(name: string, events: readonly ReturnType<typeof lost>[]): WatchRecord {
  const record = new WatchRecord(name);
  for (const event of events) if (event.type === "exchange") record.add(event);
  return record;
}

/** Reads a picture; fails if it is not well-formed. */
function read(svg: string): { texts: string[]; count: (name: string) => number } {
  const document = new DOMParser().parseFromString(svg, "image/svg+xml");
  const all = [...document.getElementsByTagName("*")];
  assertEquals(document.documentElement?.getAttribute("xmlns"), "http://www.w3.org/2000/svg");
  return {
    texts: all.filter(({ localName }) => localName === "text").map((each) =>
      each.textContent ?? ""
    ),
    count: (name) => all.filter(({ localName }) => localName === name).length,
  };
}

const seconds = Array.from({ length: 50 }, (_, i) => i);
const ntp = recordOf(url, seconds.map((i) => measured(i, i / 1e6, 0.002)));
const other = recordOf("ntp://other.example:123", [measured(0, -2e-5, 0.001), lost(1)]);
const text = recordOf("daytime://192.0.2.8:13", [told(0, "now", 0.001)]);

Deno.test("pictureOf draws offset, delay and histogram, a dot a reply, with units", () => {
  const { texts, count } = read(pictureOf([ntp, other]));
  for (const label of ["Offset (µs)", "Delay (ms)", "Replies", "Time (UTC)"]) {
    assert(texts.some((each) => each.includes(label)), label);
  }
  for (const { url } of [ntp, other]) assert(texts.includes(url));
  assert(texts.includes("2026-11-22 20:00:00 to 2026-11-22 20:00:49 UTC"));
  // Two plots of 51 replies, and a legend of two.
  assertEquals(count("circle"), 2 * 51 + 2);
  assertEquals(count("svg"), 4);
});

Deno.test("pictureOf leaves out what was not measured", () => {
  const { texts, count } = read(pictureOf([text]));
  assertEquals(count("svg"), 2);
  assert(!texts.some((each) => each.includes("Offset")));
  assertEquals(read(pictureOf([recordOf(url, [lost(0)])])).texts, ["No time was received", url]);
});

Deno.test("pictureOf escapes names", () => {
  const name = 'ntp://<script>"&:123';
  assert(read(pictureOf([recordOf(name, [measured(0, 1, 1)])])).texts.includes(name));
});
