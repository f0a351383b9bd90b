/** The cases of a run: each a scene and a datagram, made from a seed and an index alone. */
import { toNtpSeconds } from "../../src/protocols/ntp/timestamp.ts";
import { REQUEST_CAPACITY } from "../../src/protocols/responder.ts";
import { createDraft, draw } from "./mutators.ts";
import { Random } from "./random.ts";
import { drawScene, type Scene } from "./scenes.ts";

/** Lengths at which every value of the first two octets is tried; 68 ends in a MAC or a field. */
const SWEPT_LENGTHS: readonly number[] = [2, 4, 8, 12, 48, 52, 68, 76];

const TWO_OCTETS = 0x1_0000;

/** The first cases of every run: all values of the first two octets, whatever the seed. */
export const SWEEP: number = SWEPT_LENGTHS.length * TWO_OCTETS;

/** The datagrams of one scene: services keep what they made for a second. */
const SCENE_CASES = 64;

/** Octets of `buffer` from `start` on, a view for each length, made once. */
export function createViews(buffer: Uint8Array, start: number): (length: number) => Uint8Array {
  const views: Uint8Array[] = [];
  return (length) => views[length] ??= buffer.subarray(start, start + length);
}

/** Makes cases, in any order. */
export class Cases {
  /** The scene of the case made last; the same object while it lasts. */
  scene: Scene;
  readonly #seed: number;
  readonly #random: Random;
  readonly #draft = createDraft();
  readonly #view = createViews(this.#draft.octets, 0);
  #act = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(~seed);
    this.scene = drawScene(this.#random);
  }

  /** The datagram of a case, good until the next is asked for. */
  input(index: number): Uint8Array {
    const act = Math.floor(index / SCENE_CASES);
    if (act !== this.#act) {
      this.#act = act;
      this.#random.reseed(~this.#seed, act);
      this.scene = drawScene(this.#random);
    }
    this.#random.reseed(this.#seed, index);
    if (index < SWEEP) return this.#swept(index);
    draw(this.#draft, this.#random, toNtpSeconds(this.scene.arrival.seconds) >>> 0);
    return this.#view(this.#draft.length);
  }

  #swept(index: number): Uint8Array {
    const { octets } = this.#draft;
    const length = SWEPT_LENGTHS[Math.floor(index / TWO_OCTETS)] ?? REQUEST_CAPACITY;
    for (let i = 2; i < length; i++) octets[i] = i;
    octets[0] = index >> 8;
    octets[1] = index;
    // A field that is well-formed, should it be taken for one.
    octets.set([0x20, 0x07, 0, 28], 48);
    return this.#view(length);
  }
}
