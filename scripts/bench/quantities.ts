/** The quantities measured under load, and their titles. */
import type { LoadResult } from "../../src/load/figures.ts";

export interface Quantity {
  readonly title: string;
  /** Significant digits after the point. */
  readonly digits: number;
  readonly better: "more" | "less";
  readonly of: (figures: LoadResult) => number | undefined;
}

const quantity = (
  title: string,
  digits: number,
  better: Quantity["better"],
  of: Quantity["of"],
): Quantity => ({ title, digits, better, of });

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

export type QuantityName = keyof typeof quantities;
