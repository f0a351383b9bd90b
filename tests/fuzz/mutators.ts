/** Changes to octets, each blind to what they mean or by what NTP and text are made of. */
import { putUint32 } from "../../src/protocols/octets.ts";
import { REQUEST_CAPACITY } from "../../src/protocols/responder.ts";
import type { Random } from "./random.ts";
import { seeds } from "./seeds.ts";

/** Octets in the making. */
export interface Draft {
  /** Room for the longest. */
  readonly octets: Uint8Array;
  /** How many of them there are. */
  length: number;
}

/** An empty draft. */
export function createDraft(): Draft {
  return { octets: new Uint8Array(REQUEST_CAPACITY), length: 0 };
}

/** Changes a draft; `ntpSeconds` is the time it is going to be read at. */
type Mutator = (draft: Draft, random: Random, ntpSeconds: number) => void;

/** Lengths at which something changes for somebody, and their neighbours. */
const LENGTHS = [0, 1, 3, 4, 5, 8, 12, 20, 21, 24, 26, 28, 29, 44, 47, 48, 49, 51, 52, 56]
  .concat([60, 64, 68, 72, 76, 80, 81, 84, 96, 100, 120, 121, 176, 512, 1232, 1500, 2047, 2048]);

const OCTETS = [0, 1, 4, 0x0a, 0x0d, 0x10, 0x1c, 0x20, 0x3a, 0x7e, 0x7f, 0x80, 0x97, 0xfc, 0xff];

const WORDS = [0, 1, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffe, 0x1_0000];

const EXTENSION_TYPES = [0, 0x0104, 0x0204, 0x0304, 0x0404, 0x2007, 0xf5ff, 0xffff];
const EXTENSION_LENGTHS = [0, 1, 3, 4, 12, 15, 16, 17, 20, 24, 27, 28, 32, 0xfffc, 0xffff];

function resize(draft: Draft, length: number, fill: number): void {
  const { octets } = draft;
  if (length > draft.length) octets.fill(fill, draft.length, length);
  draft.length = Math.min(length, octets.length);
}

/** A place in a draft; 0 in an empty one, where writing is vain. */
const place = ({ length }: Draft, random: Random): number => random.below(length);

/** A place where a number of NTP begins. */
const aligned = (draft: Draft, random: Random): number => place(draft, random) & ~3;

function putWithin(draft: Draft, at: number, value: number): void {
  if (at + 4 <= draft.length) putUint32(draft.octets, at, value);
}

function set(draft: Draft, at: number, octet: number): void {
  if (at < draft.length) draft.octets[at] = octet;
}

/** Appends a field of a stated length, which is its own or wrong. */
function appendExtension(draft: Draft, random: Random, stated?: number): void {
  const at = draft.length;
  const isHonest = stated === undefined;
  const octets = 4 * (isHonest ? 4 + random.below(8) : random.below(16));
  resize(draft, at + octets, random.below(256));
  putWithin(draft, at, random.pick(EXTENSION_TYPES) * 0x1_0000 + (stated ?? octets) >>> 0);
}

const mutators: readonly Mutator[] = [
  function flipBit(draft, random): void {
    const at = place(draft, random);
    set(draft, at, (draft.octets[at] as number) ^ 1 << random.below(8));
  },
  function setOctet(draft, random): void {
    set(draft, place(draft, random), random.below(256));
  },
  function setSpecialOctet(draft, random): void {
    set(draft, place(draft, random), random.pick(OCTETS));
  },
  function setFlags(draft, random): void {
    set(draft, 0, random.below(256));
  },
  function setSecondOctet(draft, random): void {
    set(draft, 1, random.below(256));
  },
  function setWord(draft, random): void {
    putWithin(draft, aligned(draft, random), random.pick(WORDS));
  },
  function setNow(draft, random, ntpSeconds): void {
    putWithin(draft, aligned(draft, random), ntpSeconds + random.below(3) - 1 >>> 0);
  },
  function setNowAsTime(draft, random, ntpSeconds): void {
    draft.length = 0;
    resize(draft, random.pick([3, 4, 5, 8]), 0);
    putWithin(draft, 0, ntpSeconds + random.below(200_000) - 100_000 >>> 0);
  },
  function setNowAsReply(draft, random, ntpSeconds): void {
    putWithin(draft, 32, ntpSeconds >>> 0);
    putWithin(draft, 40, ntpSeconds + random.below(2) >>> 0);
  },
  function cut(draft, random): void {
    draft.length = random.below(draft.length + 1);
  },
  function toSpecialLength(draft, random): void {
    resize(draft, random.pick(LENGTHS), random.pick(OCTETS));
  },
  function lengthen(draft, random): void {
    resize(draft, draft.length + random.below(80), random.below(256));
  },
  function splice(draft, random): void {
    const other = random.pick(seeds);
    const at = random.below(Math.min(draft.length, other.length) + 1);
    draft.octets.set(other.subarray(at), at);
    draft.length = other.length;
  },
  function append(draft, random): void {
    const room = draft.octets.length - draft.length;
    const other = random.pick(seeds).subarray(0, room);
    draft.octets.set(other, draft.length);
    draft.length += other.length;
  },
  function remove(draft, random): void {
    const at = place(draft, random);
    const end = Math.min(at + 1 + random.below(16), draft.length);
    draft.octets.copyWithin(at, end, draft.length);
    draft.length -= end - at;
  },
  function repeat(draft, random): void {
    const at = place(draft, random);
    const octets = 1 + random.below(64);
    const length = Math.min(draft.length + octets, draft.octets.length);
    draft.octets.copyWithin(at + octets, at, draft.length);
    draft.length = length;
  },
  function fill(draft, random): void {
    draft.octets.fill(random.below(256), place(draft, random), draft.length);
  },
  function scramble(draft, random): void {
    let at = place(draft, random);
    const end = Math.min(at + 48, draft.length);
    while (at < end) draft.octets[at++] = random.uint32();
  },
  function setDigit(draft, random): void {
    set(draft, place(draft, random), 0x30 + random.below(10));
  },
  function setPrintable(draft, random): void {
    set(draft, place(draft, random), 0x20 + random.below(95));
  },
  function endLine(draft, random): void {
    const at = draft.length;
    resize(draft, at + 1 + random.below(2), 0x0a);
    if (draft.length === at + 2) set(draft, at, 0x0d);
  },
  (draft, random): void => appendExtension(draft, random),
  (draft, random): void => appendExtension(draft, random, random.pick(EXTENSION_LENGTHS)),
  (draft, random): void => appendExtension(draft, random, random.below(0x1_0000)),
  function appendManyExtensions(draft, random): void {
    for (let left = random.below(1 + random.below(120)); left > 0; left--) {
      appendExtension(draft, random);
    }
  },
  function appendMac(draft, random): void {
    resize(draft, draft.length + random.pick([4, 12, 20, 24, 72]), random.pick([0, 0, 1, 0x20]));
  },
];

const MOST_MUTATIONS = 6;

/** Makes a draft of a seed: as it is in one of eight times, else changed up to six times. */
export function draw(draft: Draft, random: Random, ntpSeconds: number): void {
  const seed = random.pick(seeds);
  draft.octets.set(seed);
  draft.length = seed.length;
  if (random.below(8) === 0) return;
  for (let left = 1 + random.below(MOST_MUTATIONS); left > 0; left--) {
    random.pick(mutators)(draft, random, ntpSeconds);
  }
}
