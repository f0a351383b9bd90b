/** Sentences about servers that were compared: which of them is wrong, and which sent no time. */
import type { ComparedServer, Comparison } from "./compare.ts";
import { toSeconds } from "../text/duration.ts";
import { formatSignedSeconds } from "../text/units.ts";

/** The servers that have a vote: each once, whatever its names. */
export function votersOf(servers: readonly ComparedServer[]): ComparedServer[] {
  return servers.filter(({ sameAs }) => sameAs === undefined);
}

export function countVerdicts(
  servers: readonly ComparedServer[],
  verdict: ComparedServer["verdict"],
): number {
  return votersOf(servers).filter((server) => server.verdict === verdict).length;
}

/** One sentence per falseticker, with its distance from the others. */
export function formatFalsetickers(servers: readonly ComparedServer[]): string[] {
  const count = countVerdicts(servers, "agrees");
  const number = numberWords[count] ?? String(count);
  const others = countVerdicts(servers, "falseticker") === 1
    ? `the other ${number}`
    : `the ${number} that agree`;
  return servers.flatMap(({ url, deviation }) =>
    deviation
      ? [`${nameServer(url)} is wrong: ${formatSignedSeconds(toSeconds(deviation))} from ${others}`]
      : []
  );
}

/** Sentences about servers that disagree: each falseticker, or that there is no majority. */
export function formatDisagreement({ servers, offset }: Comparison): string[] {
  if (offset) return formatFalsetickers(servers);
  const compared = countCompared(servers);
  return [
    compared === 2
      ? "The two servers disagree, and two cannot show which is wrong"
      : `No majority of ${compared} servers agrees`,
  ];
}

/** Counts the servers that sent a time, each once. */
export function countCompared(servers: readonly ComparedServer[]): number {
  return votersOf(servers).length - countVerdicts(servers, "failed");
}

const numberWords = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** A sentence about the servers that did not answer, and one about those whose replies cannot be used. */
export function formatSilence(servers: readonly ComparedServer[]): string[] {
  const failed = servers.filter(({ verdict }) => verdict === "failed");
  const { silent = [], unusable = [] } = Object.groupBy(
    failed,
    ({ exchanges }) => exchanges.some(({ reply }) => reply) ? "unusable" : "silent",
  );
  const format = (which: readonly ComparedServer[], failure: string): string[] =>
    which.length === 0 ? [] : [
      `${which.length} of ${votersOf(servers).length} ${failure}: ` +
      which.map(({ url }) => nameServer(url)).join(", "),
    ];
  return [...format(silent, "did not answer"), ...format(unusable, "sent no usable time")];
}

/** A server as users write it: NTP is the protocol without a scheme. */
export function nameServer(url: string): string {
  return url.replace(/^ntp:\/\//, "");
}
