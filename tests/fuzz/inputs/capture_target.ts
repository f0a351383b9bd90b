/** Captures, given to both of their readers: what the one finds, the other finds too. */
import { CaptureError } from "../../../src/explain/capture/frame.ts";
import { exchangesOf } from "../../../src/explain/capture/exchanges.ts";
import { readCapture } from "../../../src/explain/capture/read_capture.ts";
import { readExchanges } from "../../../src/explain/capture/read_exchanges.ts";
import { explain } from "../../../src/explain/explain.ts";
import { fromCapture } from "../../../src/explain/record.ts";
import { type Captured, join, link, pcap, pcapng, udp } from "../../explain/capture/files.ts";
import type { Random } from "../random.ts";
import { seeds } from "../seeds.ts";
import { count, type Problem } from "../target.ts";
import { type InputTarget, judgeError } from "./input_target.ts";

const LINK_TYPES = [0, 1, 101, 113, 228, 276];
const PORTS = [123, 123, 37, 13, 8888, 4000];
const WORDS = [0, 1, 3, 4, 12, 16, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0a0d_0d0a, 0x1a2b_3c4d];
const MAX_CHANGES = 8;

/** One of this many captures is read in pieces too, which takes ten times as long. */
const STREAM_EVERY = 8;

export class CaptureTarget implements InputTarget<Uint8Array> {
  readonly name = "capture";
  readonly outcomes = new Map<string, number>();

  draw(random: Random): Uint8Array {
    let file: Uint8Array = drawFile(random);
    if (random.below(6) === 0) file = join(file, drawFile(random));
    for (let left = random.below(MAX_CHANGES); left > 0; left--) file = change(file, random);
    return file;
  }

  async judge(file: Uint8Array): Promise<Problem | undefined> {
    const before = file.slice();
    let whole: Result;
    try {
      whole = readWhole(file);
    } catch (error) {
      const problem = judgeError(error, [CaptureError], "");
      if (problem !== undefined) return problem;
      whole = { error: String(error) };
    }
    count(this.outcomes, whole.error === undefined ? "read" : "refused");
    if (whole.text !== undefined && whole.text !== "[]") count(this.outcomes, "with an exchange");
    if (!file.every((octet, i) => octet === before[i])) {
      return { oracle: "leaves the file alone", detail: "it does not" };
    }
    if (file.reduce((sum, octet) => sum + octet, 0) % STREAM_EVERY !== 0) return undefined;
    const { error, text } = await readInPieces(file);
    count(this.outcomes, "in pieces");
    if (error === whole.error && text === whole.text) return undefined;
    const detail = `${whole.error ?? whole.text}, in pieces ${error ?? text}`;
    return { oracle: "reads the same in pieces", detail };
  }
}

interface Result {
  readonly error?: string;
  /** The exchanges and what was skipped. */
  readonly text?: string;
}

function readWhole(file: Uint8Array): Result {
  const { datagrams, skipped } = readCapture(file);
  const exchanges = exchangesOf(datagrams);
  // Whether it can be explained is the readers' matter; it must not throw.
  for (const exchange of exchanges) explain(fromCapture(exchange));
  return { text: JSON.stringify(exchanges.map(toText)) + JSON.stringify([...skipped]) };
}

async function readInPieces(file: Uint8Array): Promise<Result> {
  const length = 1 + file.length % 97;
  function* pieces(): Generator<Uint8Array> {
    for (let at = 0; at < file.length; at += length) yield file.slice(at, at + length);
  }
  try {
    const stream = readExchanges(ReadableStream.from(pieces()));
    const exchanges = await Array.fromAsync(stream);
    return { text: JSON.stringify(exchanges.map(toText)) + JSON.stringify([...stream.skipped]) };
  } catch (error) {
    return { error: String(error) };
  }
}

function toText({ protocol, request, reply }: ReturnType<typeof exchangesOf>[number]): unknown {
  return [protocol, request, reply].map((each) =>
    typeof each === "object" ? { ...each, octets: each.octets.toHex() } : each
  );
}

function drawFile(random: Random): Uint8Array {
  const linkType = random.pick(LINK_TYPES);
  const frames = Array.from({ length: random.below(5) }, (): Captured => {
    const isReply = random.below(2) === 0;
    const port = random.pick(PORTS);
    const isIpv6 = random.below(4) === 0 && linkType !== 228;
    const [client, server] = isIpv6
      ? [Array(16).fill(1), Array(16).fill(2)]
      : [[192, 0, 2, 1], [192, 0, 2, 2]];
    const payload = random.pick(seeds);
    const ip = isReply
      ? udp(server, port, client, 4000, payload)
      : udp(client, 4000, server, port, payload);
    return {
      seconds: random.pick([0, 1_795_370_400, 0xffff_ffff]),
      fraction: random.below(4),
      octets: join(link(linkType, isIpv6), ip),
    };
  });
  const options = { linkType, isLittle: random.below(2) === 0 };
  if (random.below(2) === 0) return pcapng(frames, options);
  return pcap(frames, { ...options, magic: random.pick([0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34]) });
}

function change(file: Uint8Array, random: Random): Uint8Array {
  const at = random.below(file.length);
  const changed = file.slice();
  switch (random.below(6)) {
    case 0:
      return file.slice(0, at);
    case 1:
      return join(file.slice(0, at), file.slice(at + 1 + random.below(32)));
    case 2:
      changed[at] = random.below(256);
      return changed;
    case 3:
      changed[at] = (changed[at] ?? 0) ^ 1 << random.below(8);
      return changed;
    case 4: {
      const place = at & ~3;
      if (place + 4 > file.length) return file;
      new DataView(changed.buffer).setUint32(place, random.pick(WORDS), random.below(2) === 0);
      return changed;
    }
    default:
      return join(file.slice(0, at), file.slice(at >> 1, at), file.slice(at));
  }
}
