/** The events of `timecli watch` besides exchanges, in words. */
import type { WatchEvent } from "../../../client/watch.ts";
import { escapeLine } from "../../../text/printable.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";
import { formatError } from "../../shared/format_error.ts";

export type WatchNotice = Exclude<WatchEvent, { readonly type: "exchange" }>;

export function formatNotice(notice: WatchNotice): string {
  switch (notice.type) {
    case "kiss":
      return `KoD ${escapeLine(notice.code)}: ` +
        (notice.interval === undefined
          ? "no more requests to it"
          : `one request every ${notice.interval} s from now on`);
    case "stratum":
      return `stratum ${notice.from} → ${notice.to}`;
    case "leap":
      return `leap indicator ${notice.from} → ${notice.to}`;
    case "step":
      return `offset step of ${formatSignedSeconds(notice.step.total("seconds"))}: ` +
        (notice.clock === "local" ? "this machine's clock was set" : "server's clock was set");
    case "gone":
      return `gone: ${formatError(notice.error)}`;
    case "back":
      return `back after ${formatSeconds(notice.after.total("seconds"))}`;
  }
}
