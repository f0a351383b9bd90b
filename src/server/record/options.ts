/** The options of the recorder. */
import { type Field, field, type Fields, file, whole } from "../../options/field.ts";
import type { Sink } from "../log/bounded_writer.ts";

/** What a server records. */
export interface RecordOptions {
  /** Receives one line of JSON for each exchange, and a last one with the counts; by default nothing does. */
  readonly sink?: Sink;
}

/** The options of the command line. */
export const recordFields = {
  record: file({
    name: "record",
    help: "write each exchange as JSON, with a verdict on the client",
  }),
};

/** The option of the library. */
export const recordField: Field<boolean | RecordOptions> = field(
  { name: "record", help: "record exchanges" },
  "true, false or an object with a sink",
  (given) => {
    if (typeof given === "boolean") return given;
    if (typeof given !== "object" || given === null) return undefined;
    return Object.keys(given).every((key) => key === "sink") ? given : undefined;
  },
);

/** The options that the library has too. */
export const untilFields: Fields<{ untilRequests?: number }> = {
  untilRequests: whole(1, 2 ** 32 - 1, {
    name: "until-requests",
    syntax: "<number>",
    help: "record, and end after this many requests",
  }),
};
