/** The option for the names of a program that speaks HTTP. */
import { type Field, list, text } from "../options/field.ts";

const hostName = text("a host name", checkName, {
  name: "http-name",
  syntax: "<names>",
  help: "names of this server for HTTP clients, with commas",
});

/** The names that clients may use, beside addresses and `localhost`. */
export const httpNamesField: Field<readonly string[]> = {
  ...list(hostName),
  parse: (names) => names.split(",").map(hostName.parse),
};

function checkName(name: string): void {
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253})$/.test(name)) throw new SyntaxError("no name");
}
