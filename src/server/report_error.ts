import { type Endpoint, formatEndpoint } from "../protocols/endpoint.ts";
import type { ServeOptions } from "./serve_options.ts";

/**
 * Returns what reports the errors of responders: each to `onError`, or else the first one as a warning of the
 * log, whatever its level, or on the console. Without that a mistake in a responder looks like a lost reply.
 */
export function createErrorReporter(
  { onError, log }: Pick<ServeOptions, "onError" | "log">,
): (endpoint: Endpoint, error: unknown) => void {
  let hasReported = false;
  return (endpoint, error) => {
    if (onError !== undefined) {
      try {
        return onError(error);
      } catch (own) {
        // It must not end the server.
        // deno-lint-ignore no-console
        return console.error("onError failed:", own);
      }
    }
    if (hasReported) return;
    hasReported = true;
    const what = `A responder failed on ${formatEndpoint(endpoint)} and sent no reply`;
    const rest = "further failures are counted as errors";
    // deno-lint-ignore no-console -- a library user without a log sees it nowhere else, with its stack
    if (log === undefined) return console.error(`${what}; ${rest}:`, error);
    const message = error instanceof Error ? error.message : String(error);
    log.warning(`${what}: ${message}; ${rest}`);
  };
}
