/** A responder, given datagrams: what has to be true whatever they are. */
import { exchangeOf, respondOnce } from "../support/services.ts";
import {
  refusalCauses,
  REPLY_CAPACITY,
  REQUEST_CAPACITY,
  type Responder,
} from "../../src/protocols/responder.ts";
import { createViews } from "./cases.ts";
import { isTrusted, oracleOf, type ReplyOracle } from "./replies.ts";
import type { Scene } from "./scenes.ts";
import { type Service, services, World } from "./services.ts";
import { count, type Problem, type Target } from "./target.ts";

/** What surrounds a request and a reply in memory. */
const CANARY = 0xa5;
const CANARY_WORD = new Float64Array(new Uint8Array(8).fill(CANARY).buffer)[0];
const MARGIN = 32;

/** One way to be asked: memory of its own, so that two of them are to agree. */
class Asking {
  readonly request: (length: number) => Uint8Array;
  readonly reply: Uint8Array;
  readonly #memory: Uint8Array;
  readonly #words: Float64Array;

  constructor(start: number) {
    const requests = new Uint8Array(start + REQUEST_CAPACITY + MARGIN).fill(CANARY + start);
    this.request = createViews(requests, start);
    this.#memory = new Uint8Array(MARGIN + REPLY_CAPACITY + MARGIN).fill(CANARY);
    this.#words = new Float64Array(this.#memory.buffer);
    this.reply = this.#memory.subarray(MARGIN, MARGIN + REPLY_CAPACITY);
  }

  /** Whether nothing but the first `length` octets of the reply was written; they are wiped. */
  isIntact(length: number): boolean {
    this.reply.fill(CANARY, 0, length);
    for (let i = 0; i < this.#words.length; i++) {
      if (this.#words[i] !== CANARY_WORD) return false;
    }
    return true;
  }

  /** As if nothing had been written. */
  wipe(): void {
    this.#memory.fill(CANARY);
  }
}

/** Judges one responder; `create` may make one that is broken on purpose. */
export class ResponderTarget implements Target {
  readonly name: string;
  readonly protocol: Service["protocol"];
  readonly outcomes = new Map<string, number>();
  readonly #service: Service;
  readonly #oracle: ReplyOracle;
  readonly #first = new Asking(MARGIN);
  readonly #second = new Asking(3);
  readonly #third = new Asking(0);
  #world: World | undefined;
  #responder: Responder | undefined;
  #twin: Responder | undefined;
  #receivers: (readonly [name: string, responder: Responder])[] = [];
  #scene: Scene | undefined;
  #judged = new Uint8Array();
  #isTrustChecked = false;

  constructor(service: Service) {
    this.name = service.name;
    this.protocol = service.protocol;
    this.#service = service;
    this.#oracle = service.oracle ?? oracleOf(service.protocol);
  }

  judge(input: Uint8Array, scene: Scene): Problem | undefined {
    const found = this.#judgeSafely(input, scene);
    // What is left of it must not be held against the next one.
    if (found !== undefined) {
      [this.#first, this.#second, this.#third].forEach((each) => each.wipe());
    }
    return found;
  }

  #judgeSafely(input: Uint8Array, scene: Scene): Problem | undefined {
    try {
      return this.#judge(input, scene);
    } catch (error) {
      return problem("never throws", String(error));
    }
  }

  #judge(input: Uint8Array, scene: Scene): Problem | undefined {
    const world = this.#enter(scene);
    const request = this.#first.request(input.length);
    request.set(input);
    const length = this.#ask(this.#responder, request, this.#first.reply, world);
    if (typeof length !== "number") return length;
    if (!isEqual(request, input)) return problem("leaves the request alone");
    const reply = this.#first.reply.subarray(0, Math.max(length, 0));
    return this.#compareWithTwin(input, length, reply, world) ??
      (length > 0 ? this.#judgeReply(input, reply, world) : this.#judgeRefusal(input, length)) ??
      this.#checkMemory(Math.max(length, 0));
  }

  /** A new scene has a new twin: what was asked before must not change an answer. */
  #enter(scene: Scene): World {
    const world = this.#world ??= new World(scene);
    this.#responder ??= this.#service.create(world);
    if (this.#receivers.length === 0) {
      this.#receivers = services.map((each) => [each.name, each.create(world)]);
      this.#receivers.push([`another ${this.name}`, this.#responder]);
    }
    if (scene !== this.#scene) {
      this.#scene = scene;
      this.#twin = this.#service.create(world);
      this.#judged = new Uint8Array();
      this.#isTrustChecked = false;
    }
    return world;
  }

  /** The length of the answer, zero or less for a refusal, or what is wrong with that number. */
  #ask(
    responder: Responder | undefined,
    request: Uint8Array,
    reply: Uint8Array,
    world: World,
  ): number | Problem {
    const scene = this.#scene;
    if (scene === undefined || responder === undefined) return 0;
    world.enter(scene);
    const { arrival: at, status, sourcePort: port, departure } = scene;
    const exchange = exchangeOf(request, reply, { at, status, port });
    const length = respondOnce(responder, exchange, departure);
    if (typeof length !== "number") return problem("never waits");
    if (!Number.isInteger(length)) return problem("returns a whole number", `${length}`);
    if (length > REPLY_CAPACITY) return problem("keeps to the allowed length", `${length}`);
    return length;
  }

  #compareWithTwin(
    input: Uint8Array,
    length: number,
    reply: Uint8Array,
    world: World,
  ): Problem | undefined {
    const request = this.#second.request(input.length);
    request.set(input);
    const again = this.#ask(this.#twin, request, this.#second.reply, world);
    if (typeof again !== "number") return again;
    const isSame = again === length && isEqual(this.#second.reply.subarray(0, reply.length), reply);
    if (!isSame) return problem("answers the same to the same", `${length}, then ${again}`);
    if (!this.#second.isIntact(reply.length)) return problem("writes within its length");
    return undefined;
  }

  #judgeRefusal(input: Uint8Array, length: number): Problem | undefined {
    const cause = refusalCauses[-length];
    if (cause === undefined || !this.#service.refusals.includes(cause)) {
      return problem("refuses for a cause of its own", cause ?? `${length}`);
    }
    count(this.outcomes, cause);
    const scene = this.#scene;
    const isUnsynchronized = scene?.status.leap === 3;
    if (cause === "unsynchronized" && !isUnsynchronized) {
      return problem("refuses for a cause of its own", "its clock is synchronised");
    }
    if (isPlainRequest(this.protocol, input) && cause !== "unsynchronized") {
      return problem("answers a plain request", cause);
    }
    return undefined;
  }

  #judgeReply(input: Uint8Array, reply: Uint8Array, world: World): Problem | undefined {
    const scene = this.#scene;
    if (scene === undefined) return undefined;
    count(this.outcomes, this.#isNtp(reply) ? `answered in ${formOf(reply)}` : "answered");
    // In one scene a text or time is always the same.
    if (isEqual(reply, this.#judged)) return undefined;
    const detail = worded(() => this.#oracle(reply, input, scene));
    if (detail !== undefined) return problem("answers right", detail);
    if (!this.#isTrustChecked && reply.length === 48 && modeOf(reply) === 4) {
      this.#isTrustChecked = true;
      const mistrust = worded(() => isTrusted(reply, input, scene));
      if (mistrust !== undefined) return problem("is trusted by our client", mistrust);
    }
    const answered = this.#hearsAnswer(reply, scene, world);
    if (answered !== undefined) return problem("gets no answer to its answer", `from ${answered}`);
    if (reply.length !== 48) this.#judged = reply.slice();
    return undefined;
  }

  #isNtp({ length }: Uint8Array): boolean {
    return length === 48 || this.protocol === "ntp";
  }

  /** Who answers this answer, wherever it is sent. */
  #hearsAnswer(reply: Uint8Array, scene: Scene, world: World): string | undefined {
    // A clock set forward while it answered makes a reply that no reply looks like: only a service
    // that knows its mode can tell, and the next reply is an ordinary one again.
    const isStrange = this.#isNtp(reply) && scene.elapsedNanoseconds > 1_000_000_000n;
    const request = this.#third.request(reply.length);
    request.set(reply);
    for (const [name, responder] of this.#receivers) {
      if (isStrange && name !== "ntp" && name !== "auto") continue;
      // One time in five thousand is a word that somebody may have typed: it gets text, and that is the end.
      if (isWord(reply) && name !== "time") continue;
      const again = this.#ask(responder, request, this.#third.reply, world);
      if (typeof again !== "number") return `${name}, which ${again.oracle}`;
      if (again > 0) {
        this.#third.isIntact(again);
        return name;
      }
    }
    return undefined;
  }

  #checkMemory(length: number): Problem | undefined {
    return this.#first.isIntact(length) ? undefined : problem("writes within its length");
  }
}

function problem(oracle: string, detail = "it does not"): Problem {
  return { oracle, detail };
}

/** What an oracle says, or what it threw: our own readers must read our own replies. */
function worded(oracle: () => string | undefined): string | undefined {
  try {
    return oracle();
  } catch (error) {
    return String(error);
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Four octets can be a time; fewer are no answer of any kind. */
const SHORTEST_ANSWER = 4;

/** A request that nothing about the other octets makes another: no service that is asked may refuse. */
function isPlainRequest(protocol: Service["protocol"], input: Uint8Array): boolean {
  if (protocol !== "ntp" && input.length < SHORTEST_ANSWER) return true;
  if (protocol !== "ntp" && protocol !== "auto") return false;
  if (input.length !== 48) return false;
  const flags = input[0] as number;
  const version = flags >> 3 & 7;
  const mode = flags & 7;
  // Text without a zero may happen to begin like NTP, and be an answer.
  return version >= 1 && version <= 4 && (mode === 1 || mode === 3) && input.includes(0);
}

function isWord(reply: Uint8Array): boolean {
  return /^[A-Za-z][a-z]{2}[a-z\n]$/.test(String.fromCharCode(...reply.subarray(0, 5)));
}

/** Mode and authentication; a NAK has no stratum. */
function formOf(packet: Uint8Array): string {
  const isAuthentic = packet.length > 48 && packet[1] !== 0;
  return `mode ${modeOf(packet)}${isAuthentic ? ", authentic" : ""}`;
}

function modeOf(packet: Uint8Array): number {
  return (packet[0] as number) & 7;
}
