import { assertEquals } from "@std/assert";
import { findNearest, suggest } from "../../src/text/suggest.ts";
import { faultNames } from "../../src/server/faults/rules.ts";

Deno.test("suggest finds what was meant, and lists all for what is like none", () => {
  const meant: Readonly<Record<string, string>> = {
    dorp: "drop",
    DROP: "drop",
    drops: "drop",
    dely: "delay",
    duplciate: "duplicate",
    timestamp: "timestamps",
    "re-order": "reorder",
    unsynchronised: "unsynchronized",
    timstmps: "timestamps",
    unsincronised: "unsynchronized",
  };
  for (const [written, name] of Object.entries(meant)) {
    assertEquals(suggest(written, faultNames), `did you mean ${name}?`, written);
  }
  for (const written of ["", "x", "zzzz", "loss", "constructor"]) {
    assertEquals(
      suggest(written, faultNames).startsWith("expected unsynchronized, "),
      true,
      written,
    );
  }
  assertEquals(suggest(`drop${" ".repeat(1e6)}`, ["drop", "delay"]), "expected drop or delay");
  assertEquals(suggest("x", ["a", "b"]), "expected a or b");
});

Deno.test("findNearest counts a swap of neighbours as one change, also at the beginning", () => {
  const cases: readonly (readonly [written: string, nearest: string[]])[] = [
    ["rdop", ["drop"]],
    ["dorp", ["drop"]],
    ["drpo", ["drop"]],
    ["dpor", []],
    ["d", []],
    ["dro", ["drop"]],
    ["drip", ["drop"]],
    ["xdrop", ["drop"]],
    ["xxdrop", []],
  ];
  for (const [written, nearest] of cases) {
    assertEquals(findNearest(written, ["drop"]), nearest, written);
  }
  assertEquals(findNearest("ab", ["ac", "ad", "b"]), ["ac", "ad"]);
  assertEquals(findNearest("a", ["a"]), ["a"]);
  assertEquals(findNearest("b", ["a"]), []);
});
