/**
 * What is measured of a load, and what it is called in a table.
 *
 * @module
 */

import type { LoadResult } from "../../src/load/figures.ts";

/** Something measured. */
export interface Quantity {
  readonly title: string;
  /** Digits after the point that mean something. */
  readonly digits: number;
  /** Which is the better one of two. */
  readonly better: "more" | "less";
  readonly of: (figures: LoadResult) => number | undefined;
}

const quantity = (
  title: string,
  digits: number,
  better: Quantity["better"],
  of: Quantity["of"],
): Quantity => ({ title, digits, better, of });

/** All of them. */
export const quantities = {
  sentPerSecond: quantity("sent/s", 0, "more", ({ sent, seconds }) => sent / seconds),
  goodPerSecond: quantity("replies/s", 0, "more", ({ goodPerSecond }) => goodPerSecond),
  lostPercent: quantity("lost %", 2, "less", ({ lost, sent }) => 100 * lost / sent),
  cpuUsPerReply: quantity("CPU us/reply", 2, "less", ({ cpuUsPerReply }) => cpuUsPerReply),
  latencyP50Us: quantity("p50 us", 0, "less", ({ latencyUs }) => latencyUs.p50),
  latencyP99Us: quantity("p99 us", 0, "less", ({ latencyUs }) => latencyUs.p99),
  offsetP50Us: quantity("|offset| p50 us", 1, "less", ({ offsetUs }) => offsetUs?.p50),
  offsetP99Us: quantity("|offset| p99 us", 1, "less", ({ offsetUs }) => offsetUs?.p99),
  generatorIdlePercent: quantity("load idle %", 0, "more", ({ idleShare }) => 100 * idleShare),
} as const satisfies Readonly<Record<string, Quantity>>;

/** One of them. */
export type QuantityName = keyof typeof quantities;
