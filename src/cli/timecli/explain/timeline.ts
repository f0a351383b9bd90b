/** A drawing of the times of an exchange: the client on the left, the server on the right. */
import type { Measurement } from "../../../protocols/protocol.ts";
import { formatSeconds } from "../../../text/units.ts";

const PATH = 26;

/** Characters left of the client's line: name and time of day. */
const SIDE = 26;

/** Draws the times; only NTP reports when a request was received. */
export function drawTimeline({ times: { t1, t2, t3, t4 } }: Measurement): string[] {
  const left = (name: string, time?: Temporal.Instant): string =>
    `  ${name}  ${time ? timeOfDay(time) : "not known"}`.padEnd(SIDE);
  const right = (name: string, time?: Temporal.Instant): string =>
    time ? `${name}  ${timeOfDay(time)}` : "";
  const blank = " ".repeat(SIDE);
  const spent = (nanoseconds: bigint | undefined): string =>
    nanoseconds === undefined ? "" : formatSeconds(Number(nanoseconds) / 1e9);
  const between = (from?: Temporal.Instant, to?: Temporal.Instant): bigint | undefined =>
    from && to ? to.epochNanoseconds - from.epochNanoseconds : undefined;
  return [
    `${"  client, UTC".padEnd(SIDE)} ${" ".repeat(PATH + 4)} ${t3 ? "server, UTC" : "server"}`,
    `${left("T1", t1)} o${arrow("request", ">")}o ${right("T2", t2)}`,
    `${spent(between(t1, t4)).padStart(SIDE - 2)}   |${" ".repeat(PATH + 2)}| ${
      spent(between(t2, t3))
    }`,
    `${left("T4", t4)} o${arrow("reply", "<")}o ${right("T3", t3)}`,
    ...formatDates(t1 ?? t2 ?? t3, t2 ?? t3 ?? t1),
  ].map((line) => line === blank ? "" : line.trimEnd());
}

function arrow(word: string, head: "<" | ">"): string {
  const shaft = ` ${word} `.padStart((PATH + word.length + 2) / 2, "-").padEnd(PATH, "-");
  return head === ">" ? `-${shaft}>` : `<${shaft}-`;
}

function timeOfDay(instant: Temporal.Instant): string {
  return instant.toString({ fractionalSecondDigits: 9 }).slice(-19, -1);
}

function formatDates(client?: Temporal.Instant, server?: Temporal.Instant): string[] {
  const [here, there] = [client, server].map((time) => time?.toString().replace(/T.*/, ""));
  if (here === undefined) return [];
  return [
    here === there
      ? `  On ${here}.`
      : `  The client's times are of ${here}, the server's of ${there}.`,
  ];
}
