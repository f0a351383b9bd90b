/** The server of a command that uses its control interface: URL, token, and what may be wrong with them. */
import { file, MAX_LONG_TEXT, text, type ValuesOf } from "../../../options/field.ts";
import { checkToken } from "../../../http/address.ts";
import { QueryError } from "../../../protocols/failure.ts";
import { escapeLine } from "../../../text/printable.ts";
import { serveCommand } from "../../shared/errors.ts";
import { readToken } from "../../shared/files.ts";

export const DEFAULT_CONTROL_URL = "http://127.0.0.1:8890";

export const controlUrlField = text("a URL such as http://127.0.0.1:8890", parseControlUrl, {
  name: "url",
  maxLength: MAX_LONG_TEXT,
  syntax: "<url>",
  help: "control interface of the server",
  default: DEFAULT_CONTROL_URL,
});

export const controlTokenFields = {
  token: text("16 to 256 letters, digits and -._~+/", checkToken, {
    name: "token",
    maxLength: MAX_LONG_TEXT,
    syntax: "<token>",
    help: "bearer token of the server",
    isSecret: true,
  }),
  tokenFile: file({
    name: "token-file",
    help: "file with the token, which others may not read",
    conflicts: ["token"],
  }),
};

/** The token of the options, if there is one. */
export async function readControlToken(
  { token, tokenFile }: ValuesOf<typeof controlTokenFields>,
): Promise<string | undefined> {
  return tokenFile === undefined ? token : await readToken(tokenFile, "timecli");
}

/** Adds what to do to the error of a server that does not listen there. */
export function withAdvice(error: unknown, url: string): unknown {
  if (!(error instanceof QueryError) || error.reason !== "refused") return error;
  const advice = `start the server with: ${serveCommand()} --control ${new URL(url).host}`;
  return new QueryError(error.reason, `${escapeLine(error.message)}; ${advice}`);
}

/** The origin of a control interface, whose scheme may be left out. */
export function parseControlUrl(written: string): string {
  const url = URL.parse(written.includes("://") ? written : `http://${written}`);
  if (
    url === null || url.protocol !== "http:" || url.port === "0" ||
    `${url.username}${url.password}${url.search}${url.hash}` !== "" || url.pathname !== "/"
  ) {
    throw new SyntaxError(`no URL of a control interface: ${written}`);
  }
  return url.origin;
}
