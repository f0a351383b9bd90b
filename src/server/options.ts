/** The options of a server beside clock, status, guard, faults and log. */
import { flag, oneOf, whole } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import { daytimeFormats } from "../protocols/daytime/format.ts";
import { transports } from "./transport.ts";

export const textFields = {
  utc: flag({ name: "utc", help: "write UTC rather than local time" }),
  daytimeFormat: oneOf(daytimeFormats, {
    name: "daytime-format",
    syntax: "<format>",
    help: "form of Daytime lines",
    default: "ctime",
  }),
};

export const transportFields = {
  transport: oneOf(transports, {
    name: "transport",
    syntax: "<name>",
    help: "mmsg is fastest, datagram runs everywhere",
    default: "auto",
  }),
  workers: whole(1, navigator.hardwareConcurrency, {
    name: "workers",
    syntax: "<number>",
    help: "threads of mmsg, up to the cores of this machine",
    default: "1",
  }),
  receiveQueueKib: whole(4, 65_536, {
    name: "receive-queue",
    syntax: "<KiB>",
    help: "receive queue of each mmsg socket, in KiB",
    default: "256",
  }),
};

/**
 * Checks the options that no other module validates.
 *
 * @throws {SyntaxError} If one cannot be read
 * @throws {RangeError} If a number is out of bounds
 */
export function checkServeOptions(options: object): void {
  const own = { ...textFields, ...transportFields };
  const given = Object.entries(options).filter(([key]) => Object.hasOwn(own, key));
  readOptions(own, Object.fromEntries(given), "options");
}
