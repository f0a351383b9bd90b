import { leap } from "../ntp/packet.ts";
import { type Answer, refusal, type Responder } from "../responder.ts";
import { textResponder } from "../text_service.ts";
import { type DaytimeOptions, formatDaytime } from "./format.ts";

const refuseUnsynchronized = refusal("unsynchronized");

/** Refuses while the clock is not synchronised, which a Daytime line cannot report. */
export function daytimeResponder(options: DaytimeOptions = {}): Responder {
  const lines = textResponder((seconds, leap) => formatDaytime(seconds, options, leap));
  return {
    respond: (exchange): Answer | Promise<Answer> =>
      exchange.status.leap === leap.unsynchronized ? refuseUnsynchronized : lines.respond(exchange),
  };
}
