/** Where a server is controlled, as it is said on the command line. */
import { checkToken, needsToken, parseControl } from "../../server/http/address.ts";
import { understood } from "./clock_flags.ts";
import { UsageError } from "../shared/usage_error.ts";

/** Reads `--control` for its mistakes. */
export function parseControlFlag(text: string): string {
  understood(() => parseControl(text));
  return text;
}

/** Reads `--control-token`. */
export function parseTokenFlag(text: string): string {
  return understood(() => checkToken(text));
}

/**
 * Looks at both together, before anything is started.
 *
 * @throws {UsageError} If others than this machine could change the server without a token
 */
export function controlOf(
  { control, controlToken }: {
    readonly control?: string | undefined;
    readonly controlToken?: string | undefined;
  },
): { readonly control?: string; readonly controlToken?: string } {
  if (control === undefined) {
    if (controlToken !== undefined) throw new UsageError("--control-token goes with --control");
    return {};
  }
  if (controlToken !== undefined) return { control, controlToken };
  if (needsToken(parseControl(control).hostname)) {
    throw new UsageError(
      `other machines may reach --control ${control}: it needs a --control-token`,
    );
  }
  return { control };
}
