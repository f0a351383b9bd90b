/** The formulas behind a measurement, and why they are as they are. */
import type { Measurement } from "../protocols/protocol.ts";

/** One formula of the arithmetic of an exchange. */
export interface CalculationStep {
  /** The value that it computes. */
  readonly name: "offset" | "delay" | "error_bound" | "root_distance";
  /** The formula, in T1 to T4 and earlier values. */
  readonly formula: string;
  /** The document and section, where one prescribes it. */
  readonly source?: string;
  /** The result, in nanoseconds. */
  readonly value: bigint;
  /** Why the formula is as it is: one sentence. */
  readonly why: string;
}

/** Lists the formulas of a measurement in their order; none without an offset. */
export function listCalculation({ ntp, offset, errorBound }: Measurement): CalculationStep[] {
  if (offset === undefined || errorBound === undefined) return [];
  if (!ntp) {
    return [
      {
        name: "offset",
        formula: "(T3 - T1) - (T4 - T1) / 2",
        value: offset,
        why:
          "The reply has one time, which is taken for that of the middle of the exchange, as if " +
          "both directions took equally long.",
      },
      {
        name: "error_bound",
        formula: "(T4 - T1) / 2 + 1 + 0.01",
        value: errorBound,
        why: "The server may have read its clock at any moment of the exchange, leaves out the " +
          "fraction of a second, and often reads a clock that ticks every 10 ms.",
      },
    ];
  }
  return [
    {
      name: "offset",
      formula: "((T2 - T1) + (T3 - T4)) / 2",
      source: "RFC 5905 §8",
      value: offset,
      why: "T2 - T1 is the offset plus the time of the request, T3 - T4 the offset less that of " +
        "the reply: half their sum is the offset if both directions take equally long, and is wrong by " +
        "half the difference if they do not.",
    },
    {
      name: "delay",
      formula: "(T4 - T1) - (T3 - T2)",
      source: "RFC 5905 §8",
      value: ntp.delay,
      why:
        "Both differences are of one clock each, so that the offset is in neither, and the time " +
        "that the server needed is no time of the network.",
    },
    {
      name: "error_bound",
      formula: "delay / 2 + both precisions + 15 ppm of T4 - T1",
      source: "RFC 5905 §8",
      value: errorBound,
      why:
        "At worst all of the delay is in one direction, which shifts the offset by half of it; the " +
        "rest is what both clocks cannot resolve, and what they drift meanwhile (PHI, §7.2).",
    },
    {
      name: "root_distance",
      formula: "max(0.005, root delay + delay) / 2 + root dispersion + precisions and drift",
      source: "RFC 5905 §A.5.5.2",
      value: ntp.rootDistance,
      why:
        "The server's own clock can be wrong by half of the delay to its reference clock and by " +
        "its dispersion, so that this bounds the error against the reference, by which clients " +
        "choose among servers; 0.005 is MINDISP (§7.2).",
    },
  ];
}
