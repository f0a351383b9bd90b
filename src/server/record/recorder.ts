/** Records the exchanges of a server: the latest in memory, and all of them as lines of JSON. */
import type { RecordedExchange, RecordedExchanges } from "../../client/control_api.ts";
import type { UnixTime } from "../../clock/clock.ts";
import { joinNs } from "../../clock/line.ts";
import { type Endpoint, formatEndpoint } from "../../protocols/endpoint.ts";
import { decodeNtpPacket, mode, NTP_HEADER_LENGTH } from "../../protocols/ntp/packet.ts";
import { toTimestamp } from "../../protocols/ntp/timestamp.ts";
import { decodeKind, encodeKind } from "../../protocols/request_kind.ts";
import { refusalCauses } from "../../protocols/responder.ts";
import { systemTimers, type Timers } from "../../system/time.ts";
import { formatJson } from "../../text/json.ts";
import { formatPlural } from "../../text/units.ts";
import { formatReferenceId } from "../../text/reference_id.ts";
import { BoundedWriter, type Sink } from "../log/bounded_writer.ts";
import { ClientPast } from "./client_past.ts";
import { fieldsOf } from "./datagram_fields.ts";
import {
  type ExchangeRecorder,
  type OpenExchange,
  type Outcome,
  type RecordedListener,
  recordListener,
} from "./recorded_handler.ts";
import { findingsOf } from "./rules.ts";

export interface RecorderOptions {
  readonly sink?: Sink | undefined;
  /** The number of requests after which `onEnd` is called; by default never. */
  readonly untilRequests?: number | undefined;
  /** @default {systemTimers} */
  readonly timers?: Timers;
}

/** The exchanges kept in memory, some half a megabyte of JSON at most. */
const KEPT_EXCHANGES = 500;

/** More than any client under test sends; each takes a tenth of a millisecond. */
const MAX_PER_SECOND = 1000;

/** The clients whose past is kept: the least recent one makes room. */
const KEPT_CLIENTS = 1024;

const KISS_CODE = /^[A-Z][A-Z0-9]{0,3}$/;

const REQUEST_MODES: readonly number[] = [mode.reserved, mode.symmetricActive, mode.client];

export class Recorder implements ExchangeRecorder {
  /** Called with a reason when there were enough requests. */
  onEnd: (reason: string) => void = () => {};
  readonly #options: RecorderOptions;
  readonly #timers: Timers;
  readonly #writer: BoundedWriter | undefined;
  readonly #exchanges: RecordedExchange[] = [];
  readonly #open = new Set<OpenExchange>();
  readonly #clients = new Map<string, ClientPast>();
  readonly #counts: Record<string, number> = {};
  #requests = 0;
  #settled = 0;
  #dropped = 0;
  /** The exchanges without a line since the last one. */
  #unwritten = 0;
  #secondMs = -Infinity;
  #inSecond = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#writer = options.sink && new BoundedWriter(options.sink);
  }

  /** Records the exchanges of a listener, whose port may be 0 until it is bound. */
  listen(endpoint: Endpoint): RecordedListener {
    return recordListener(this, endpoint);
  }

  begin(
    endpoint: Endpoint,
    source: { readonly hostname: string; readonly port: number },
    request: Uint8Array,
  ): OpenExchange | undefined {
    this.#requests++;
    const atMs = this.#timers.monotonicMs();
    if (atMs - this.#secondMs >= 1000) [this.#secondMs, this.#inSecond] = [atMs, 0];
    if (++this.#inSecond > MAX_PER_SECOND) {
      this.#dropped++;
      this.#unwritten++;
      return undefined;
    }
    const exchange: OpenExchange = {
      number: this.#requests,
      time: this.#timers.now(),
      atMs,
      address: source.hostname,
      port: source.port,
      listener: formatEndpoint(endpoint),
      protocol: decodeKind(encodeKind(endpoint.protocol, request)).protocol,
      request: request.slice(),
      faults: [],
      findings: [],
      past: undefined,
    };
    this.#open.add(exchange);
    return exchange;
  }

  check(exchange: OpenExchange, servedArrival: Readonly<UnixTime>): void {
    const { protocol, request, atMs, port, time } = exchange;
    if (protocol !== "ntp" || request.length < NTP_HEADER_LENGTH) return;
    const packet = decodeNtpPacket(request);
    if (!REQUEST_MODES.includes(packet.mode)) return;
    const served = Temporal.Instant.fromEpochNanoseconds(joinNs(servedArrival));
    const seen = { atMs, port, packet, clocks: [toTimestamp(time), toTimestamp(served)] };
    const past = exchange.past = this.#pastOf(exchange);
    exchange.findings = findingsOf(seen, past);
    past.add(seen);
    for (const { rule } of exchange.findings) this.#counts[rule] = (this.#counts[rule] ?? 0) + 1;
  }

  end(exchange: OpenExchange | undefined, outcome: Outcome): void {
    if (exchange !== undefined && this.#open.delete(exchange)) this.#record(exchange, outcome);
    if (++this.#settled !== this.#options.untilRequests) return;
    this.onEnd(`${formatPlural(this.#settled, "request")} have been handled`);
  }

  /** Lists the latest exchanges, of one listener if its URL is given. */
  list(listener?: string): RecordedExchanges {
    const exchanges = this.#exchanges
      .filter((each) => listener === undefined || each.listener === listener)
      .toSorted((a, b) => a.number - b.number);
    return { exchanges, requests: this.#requests, dropped: this.#dropped };
  }

  /** Records what is under way as unfinished, and writes the last line. */
  async close(): Promise<void> {
    for (const exchange of this.#open) this.#record(exchange, { outcome: "unfinished" });
    this.#open.clear();
    this.#writeLine({
      event: "end",
      requests: this.#requests,
      dropped: this.#dropped,
      findings: this.#counts,
    });
    await this.#writer?.flush();
  }

  #pastOf({ listener, address }: OpenExchange): ClientPast {
    const key = `${listener} ${address}`;
    const past = this.#clients.get(key) ?? new ClientPast();
    this.#clients.delete(key);
    if (this.#clients.size >= KEPT_CLIENTS) {
      const [oldest] = this.#clients.keys();
      if (oldest !== undefined) this.#clients.delete(oldest);
    }
    this.#clients.set(key, past);
    return past;
  }

  #record(exchange: OpenExchange, outcome: Outcome): void {
    const { number, time, address, port, listener, protocol, request, past } = exchange;
    const reply = outcome.outcome === "answered" ? outcome.reply : undefined;
    const packet = protocol === "ntp" && reply !== undefined && reply.length >= NTP_HEADER_LENGTH
      ? decodeNtpPacket(reply)
      : undefined;
    const id = packet?.stratum === 0 ? formatReferenceId(packet.referenceId, 0) : "";
    const code = KISS_CODE.test(id) ? id : undefined;
    past?.settle({ atMs: this.#timers.monotonicMs(), code, reply: packet });
    const recorded: RecordedExchange = {
      number,
      time: time.toString({ smallestUnit: "microsecond" }),
      address,
      port,
      listener,
      protocol,
      request: fieldsOf(request, protocol),
      outcome: code === undefined ? outcome.outcome : "kod",
      ...(code !== undefined && { code }),
      ...("refusal" in outcome && { cause: causeOf(outcome.refusal) }),
      faults: exchange.faults,
      ...(reply !== undefined && { reply: fieldsOf(reply, protocol) }),
      findings: exchange.findings,
    };
    if (this.#exchanges.push(recorded) > KEPT_EXCHANGES) this.#exchanges.shift();
    this.#writeLine({ event: "exchange", ...recorded });
  }

  /** Writes a line, and before it how many are missing. */
  #writeLine(line: object): void {
    if (this.#writer === undefined) return;
    const missing = this.#unwritten === 0
      ? ""
      : `${formatJson({ event: "dropped", exchanges: this.#unwritten })}\n`;
    if (this.#writer.write(`${missing}${formatJson(line)}\n`)) this.#unwritten = 0;
    else this.#unwritten++;
  }
}

function causeOf(refusal: number): string {
  return refusalCauses[-refusal] ?? "declined";
}
