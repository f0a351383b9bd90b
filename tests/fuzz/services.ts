/** Every built-in responder, in a world where the clock and chance are a scene's. */
import type { UnixTime } from "../../src/clock/clock.ts";
import { type DaytimeFormat, daytimeFormats } from "../../src/protocols/daytime/service.ts";
import { SymmetricKeys } from "../../src/crypto/symmetric_keys.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import type { RefusalCause, Responder } from "../../src/protocols/responder.ts";
import { createService } from "../../src/protocols/services.ts";
import { authenticNts, ntsSealer } from "./nts.ts";
import { authenticNtp, oracleOf, type ReplyOracle } from "./replies.ts";
import type { Scene } from "./scenes.ts";

/** What a scene has of chance. */
export class World {
  #scene: Scene;
  #drawn = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Begins a scene, or has it begin again. */
  enter(scene: Scene): void {
    this.#scene = scene;
    this.#drawn = 0;
  }

  /** When replies leave. */
  get departure(): Readonly<UnixTime> {
    return this.#scene.departure;
  }

  readonly random32 = (): number => (this.#scene.entropy + this.#drawn++ * 0x9e37_79b9) >>> 0;
}

/** A service and what may be expected of it. */
export interface Service {
  readonly name: string;
  readonly protocol: Protocol;
  /** Says what is wrong with its replies; by default that of its protocol. */
  readonly oracle?: ReplyOracle;
  /** Causes for which it may stay silent. */
  readonly refusals: readonly RefusalCause[];
  create(world: World): Responder;
}

const ntpRefusals = ["malformed", "version", "mode", "authentication"] as const;
const reply = "looks_like_a_reply";

/** Texts are in local time, so that TZ takes part. */
function creatorOf(
  protocol: Protocol,
  daytimeFormat: DaytimeFormat = "ctime",
): Pick<Service, "protocol" | "create"> {
  return {
    protocol,
    create: ({ random32 }) => createService(protocol, { utc: false, daytimeFormat, random32 }),
  };
}

/** The key of a request that the seeds have, with a right MAC and a wrong one. */
const keys = new SymmetricKeys([
  { id: 7, type: "AES128", secret: Uint8Array.from({ length: 16 }, (_, i) => i) },
  { id: 8, type: "SHA1", secret: new TextEncoder().encode("secret-one") },
]);

/** All of them. */
export const services: readonly Service[] = [
  { name: "asctime", refusals: [reply], ...creatorOf("asctime") },
  ...daytimeFormats.map((format): Service => ({
    name: `daytime-${format}`,
    refusals: [reply, "unsynchronized"],
    ...creatorOf("daytime", format),
  })),
  { name: "time", refusals: [reply, "unsynchronized"], ...creatorOf("time") },
  { name: "ntp", refusals: ntpRefusals, ...creatorOf("ntp") },
  {
    name: "ntp-keys",
    refusals: ntpRefusals,
    protocol: "ntp",
    oracle: authenticNtp(keys),
    create: ({ random32 }) =>
      createService("ntp", { utc: false, daytimeFormat: "ctime", random32, keys }),
  },
  {
    name: "ntp-nts",
    refusals: ntpRefusals,
    protocol: "ntp",
    oracle: authenticNts(oracleOf("ntp")),
    create: ({ random32 }) =>
      createService("ntp", {
        ...{ utc: false, daytimeFormat: "ctime", random32 },
        nts: ntsSealer(random32),
      }),
  },
  {
    name: "auto",
    // A datagram of no known version is not NTP to it, but a request for text.
    refusals: [reply, "malformed", "mode", "authentication"],
    ...creatorOf("auto"),
  },
];
