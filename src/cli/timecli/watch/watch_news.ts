/** What `timecli watch` tells beside exchanges, in words. */
import type { WatchEvent } from "../../../client/watch.ts";
import { describe } from "../../shared/exit_codes.ts";
import { escapeLine } from "../../../text/printable.ts";
import { formatSeconds, formatSignedSeconds } from "../../../text/units.ts";

/** An event that is no exchange. */
export type WatchNews = Exclude<WatchEvent, { readonly type: "exchange" }>;

/** What happened, for people. */
export function describeNews(news: WatchNews): string {
  switch (news.type) {
    case "kiss":
      return `kiss ${escapeLine(news.code)}, ` +
        (news.interval === undefined
          ? "it is not asked any more"
          : `it is asked every ${news.interval} s from now on`);
    case "stratum":
      return `stratum ${news.from} → ${news.to}`;
    case "leap":
      return `leap second ${news.from} → ${news.to}`;
    case "step": {
      const whose = news.clock === "local" ? "this machine's clock was set" : "its clock was set";
      return `step of the offset by ${formatSignedSeconds(news.step.total("seconds"))}: ${whose}`;
    }
    case "gone":
      return `gone: ${describe(news.error)}`;
    case "back":
      return `back after ${formatSeconds(news.after.total("seconds"))}`;
  }
}
