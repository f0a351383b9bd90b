import { assert, assertThrows } from "@std/assert";
import { readOptions } from "../../../src/options/read.ts";
import { controlFields } from "../../../src/server/http/options.ts";

Deno.test("a token that is not accepted is not shown", () => {
  const { message } = assertThrows(
    () => readOptions(controlFields, { controlToken: "secret" }, "options"),
    SyntaxError,
    "controlToken is not accepted, expected 16 to 256 letters",
  );
  assert(!message.includes("secret"), message);
});
