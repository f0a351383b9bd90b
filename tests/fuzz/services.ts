/** Every built-in responder, in a world where the clock and chance are a scene's. */
import type { UnixTime } from "../../src/clock/clock.ts";
import { asctimeResponder } from "../../src/protocols/asctime/service.ts";
import { autoResponder } from "../../src/protocols/auto.ts";
import { daytimeFormats } from "../../src/protocols/daytime/codec.ts";
import { daytimeResponder } from "../../src/protocols/daytime/service.ts";
import type { Protocol } from "../../src/protocols/endpoint.ts";
import { ntpResponder } from "../../src/protocols/ntp/service.ts";
import type { RefusalCause, Responder } from "../../src/protocols/responder.ts";
import { timeResponder } from "../../src/protocols/time/service.ts";
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
  /** Causes for which it may stay silent. */
  readonly refusals: readonly RefusalCause[];
  create(world: World): Responder;
}

const ntpRefusals = ["malformed", "version", "mode", "authentication"] as const;
const reply = "looks-like-a-reply";

const ntp = ({ random32 }: World): Responder => ntpResponder({ random32 });
const asctime = (): Responder => asctimeResponder();

/** All of them; texts are in local time, so that TZ takes part. */
export const services: readonly Service[] = [
  { name: "asctime", protocol: "asctime", refusals: [reply], create: asctime },
  ...daytimeFormats.map((format): Service => ({
    name: `daytime-${format}`,
    protocol: "daytime",
    refusals: [reply, "unsynchronized"],
    create: () => daytimeResponder({ format }),
  })),
  {
    name: "time",
    protocol: "time",
    refusals: [reply, "unsynchronized"],
    create: () => timeResponder(),
  },
  { name: "ntp", protocol: "ntp", refusals: ntpRefusals, create: ntp },
  {
    name: "auto",
    protocol: "auto",
    // What is of no known version is no NTP to it, but a request for text.
    refusals: [reply, "malformed", "mode", "authentication"],
    create: (world) => autoResponder({ ntp: ntp(world), text: asctime() }),
  },
];
