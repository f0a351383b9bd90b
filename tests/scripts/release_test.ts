import { assertEquals, assertThrows } from "@std/assert";
import { readNotes } from "../../scripts/release.ts";

const changelog = `# Changelog

Versions follow semantic versioning.

## Unreleased

- Something else.

## 1.2.3 (2026-11-28)

- It serves.
  Well.

### More

- It asks.

## 1.2.30

## 1.2
`;

Deno.test("readNotes finds what the change log says of the version that is tagged", () => {
  const notes = "- It serves.\n  Well.\n\n### More\n\n- It asks.\n";
  assertEquals(readNotes("v1.2.3", "1.2.3", changelog), notes);
  for (
    const [tag, version, message] of [
      ["v1.2.4", "1.2.3", "the tag is v1.2.4, expected v1.2.3 by deno.json"],
      ["1.2.3", "1.2.3", "the tag is 1.2.3, expected v1.2.3 by deno.json"],
      ["v1.2.4", "1.2.4", 'CHANGELOG.md has no section "## 1.2.4" that describes the release'],
      ["v1.2", "1.2", 'CHANGELOG.md has no section "## 1.2" that describes the release'],
      ["v1.2.30", "1.2.30", 'CHANGELOG.md has no section "## 1.2.30" that describes the release'],
    ] as const
  ) assertThrows(() => readNotes(tag, version, changelog), SyntaxError, message);
});
