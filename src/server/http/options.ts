import { type Fields, flag, list, MAX_LONG_TEXT, oneOf, text } from "../../options/field.ts";
import { checkToken, httpNamesField, parseControl, parseHttp } from "../../http/address.ts";

export const controlFields = {
  control: text("HOST[:PORT] such as 127.0.0.1:8890", parseControl, {
    name: "control",
    syntax: "<address>",
    help: "listen for timecli control, as on 127.0.0.1:8890",
  }),
  controlToken: text("16 to 256 letters, digits and -._~+/", checkToken, {
    name: "control-token",
    maxLength: MAX_LONG_TEXT,
    syntax: "<token>",
    help: "bearer token of requests; others see a command line",
    isSecret: true,
  }),
  controlReadOnly: flag({
    name: "control-read-only",
    help: "show all and change nothing, so that mmsg stays possible",
  }),
};

/** The parts of the HTTP interface. */
export const httpParts = ["time", "health", "metrics", "page"] as const;

/** One of {@linkcode httpParts}. */
export type HttpPart = (typeof httpParts)[number];

/** Options of the HTTP interface, which serves a status page, the time, health and metrics, and changes nothing. */
export interface HttpOptions {
  /**
   * Where to serve the time (`/time`, `/timesync`, `/timesync.js`), the health of the server (`/healthz`, `/livez`, `/readyz`) its metrics
   * (`/metrics`) and its status page (`/`) over HTTP, such as `127.0.0.1:8880`; by default nowhere. It may be the address of
   * the control interface.
   */
  readonly http?: string | undefined;
  /** The bearer token for the status page and the metrics, 16 to 256 letters and digits; without it every client may
   * see them. */
  readonly httpToken?: string | undefined;
  /** Names of the server that HTTP clients may use, beside its addresses and `localhost`. */
  readonly httpNames?: readonly string[] | undefined;
  /**
   * The parts that are there.
   *
   * @default {["time", "health", "metrics", "page"]}
   */
  readonly httpParts?: readonly HttpPart[] | undefined;
}

const httpPart = oneOf(httpParts, {
  name: "http-parts",
  syntax: "<parts>",
  help: "parts of HTTP to serve, with commas",
  default: "time,health,metrics,page",
});

export const httpFields: Fields<HttpOptions> = {
  http: text("HOST[:PORT] such as 127.0.0.1:8880", parseHttp, {
    name: "http",
    syntax: "<address>",
    help: "serve a status page, time, health and metrics over HTTP",
  }),
  httpToken: text("16 to 256 letters, digits and -._~+/", checkToken, {
    name: "http-token",
    maxLength: MAX_LONG_TEXT,
    syntax: "<token>",
    help: "bearer token for page and metrics; others see a command line",
    isSecret: true,
  }),
  httpNames: httpNamesField,
  httpParts: { ...list(httpPart), parse: (parts) => parts.split(",").map(httpPart.parse) },
};
