import { type Field, file } from "../options/field.ts";

/** The file of a command line with symmetric keys. */
export const keysField: Field<string> = file({
  name: "keys",
  help: "file with symmetric keys, which others may not read",
});

/** The file of a command line with certificates for NTS. */
export const ntsCaField: Field<string> = file({
  name: "nts-ca",
  help: "certificates to trust for ntp+nts://, in PEM",
  default: "the system's",
});
