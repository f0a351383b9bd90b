import { MAX_LONG_TEXT, text } from "../options/field.ts";
import type { Field } from "../options/field.ts";

/** The file of a command line with symmetric keys. */
export const keysField: Field<string> = text("a file", () => {}, {
  name: "keys",
  maxLength: MAX_LONG_TEXT,
  syntax: "<file>",
  help: "file with symmetric keys, which others may not read",
});
