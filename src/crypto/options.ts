import { MAX_LONG_TEXT, text } from "../options/field.ts";
import type { Field } from "../options/field.ts";

/** The file of a command line with symmetric keys. */
export const keysField: Field<string> = text("a file", () => {}, {
  name: "keys",
  maxLength: MAX_LONG_TEXT,
  syntax: "<file>",
  help: "file with symmetric keys, which others may not read",
});

/** The file of a command line with certificates for NTS. */
export const ntsCaField: Field<string> = text("a file", () => {}, {
  name: "nts-ca",
  maxLength: MAX_LONG_TEXT,
  syntax: "<file>",
  help: "certificates to trust for ntp+nts://, in PEM",
  default: "the system's",
});
