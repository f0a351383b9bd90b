import { assertEquals } from "@std/assert";
import { command } from "../../../../src/cli/timecli/control/control.ts";

Deno.test("the help of an action has --listener only where the server accepts a listener", () => {
  const pages = Object.entries(command.pages ?? {});
  const accepting = pages.filter(([, { groups }]) =>
    Object.values(groups ?? {}).some((fields) => "listener" in fields)
  );
  assertEquals(accepting.map(([action]) => action).toSorted(), [
    ...["exchanges", "faults", "reset", "scenario", "set", "state", "step"],
  ]);
});
