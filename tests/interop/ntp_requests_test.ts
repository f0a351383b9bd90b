/**
 * Requests octet by octet as clients send them that cannot be run here, and of each reply what those
 * clients insist on.
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { serve } from "../../mod.ts";
import { eachWay } from "../conformance/transports.ts";
import { UdpClient } from "../support/udp_client.ts";

/** A client's requirement on the reply to its request. */
interface Reply {
  readonly octets: Uint8Array;
  readonly request: Uint8Array;
}

/** A client known from its source code or its requests. */
interface KnownClient {
  readonly name: string;
  /** The request: these octets, then zeros up to 48. */
  readonly sends: Readonly<Record<number, string>>;
  readonly insistsOn: readonly ((reply: Reply) => void)[];
}

const firstOctet = (expected: number) => ({ octets }: Reply): void =>
  assertEquals(octets[0], expected, "leap, version and mode");

const exactly48Octets = ({ octets }: Reply): void => assertEquals(octets.length, 48);

const stratum1To15 = ({ octets }: Reply): void => {
  const [, stratum = 0] = octets;
  assert(stratum >= 1 && stratum <= 15, `stratum ${stratum}`);
};

const synchronized = ({ octets: [flags = 0] }: Reply): void => assertNotEquals(flags >> 6, 3);

const originIsTransmit = ({ octets, request }: Reply): void =>
  assertEquals(octets.slice(24, 32), request.slice(40, 48), "origin timestamp");

const isSet = (what: string, at: number) => ({ octets }: Reply): void =>
  assert(octets.slice(at, at + 8).some((octet) => octet !== 0), `${what} timestamp is zero`);

const receiveBeforeTransmit = ({ octets }: Reply): void =>
  assert(BigInt.asIntN(64, timestamp(octets, 40) - timestamp(octets, 32)) > 0n);

/** The time of clients that read octets 40 to 43 and nothing else. */
const secondsAreNow = ({ octets }: Reply): void => {
  const seconds = Number(timestamp(octets, 40) >> 32n) - 2_208_988_800;
  const nowSeconds = Date.now() / 1000;
  assert(Math.abs(seconds - nowSeconds) < 10, `${seconds} s, where now is ${nowSeconds} s`);
};

/** RFC 5905 appendix A.5.1.1: root delay / 2 + root dispersion below 16 s. */
const rootDistanceBelow16 = ({ octets }: Reply): void => {
  const view = new DataView(octets.buffer);
  assert(view.getUint32(4) / 65_536 / 2 + view.getUint32(8) / 65_536 < 16);
};

const usual = [exactly48Octets, stratum1To15, synchronized, originIsTransmit, secondsAreNow];

const clients: readonly KnownClient[] = [
  {
    name: "Windows time service, symmetric active before its first synchronisation",
    sends: {
      0: "d9000ae9 00000000 00010000 00000000",
      40: "eeadb4a1 1a2b3c4d",
    },
    insistsOn: [firstOctet(0x1a), ...usual, rootDistanceBelow16, receiveBeforeTransmit],
  },
  {
    name: "Windows time service as a client (flag 0x8)",
    sends: { 0: "db0011e9 00000000 00010000 00000000", 40: "eeadb4a1 1a2b3c4d" },
    insistsOn: [firstOctet(0x1c), ...usual, rootDistanceBelow16],
  },
  {
    name: "lwIP, ESP-IDF: transmit zero",
    sends: { 0: "23" },
    insistsOn: [firstOctet(0x24), exactly48Octets, stratum1To15, secondsAreNow, originIsTransmit],
  },
  {
    name: "Arduino NTPClient",
    sends: { 0: "e30006ec 00000000 00000000 314e3134" },
    insistsOn: [firstOctet(0x24), exactly48Octets, secondsAreNow],
  },
  {
    name: "Android SntpClient",
    sends: { 0: "1b", 40: "eeadb4a1 9d3fe011" },
    insistsOn: [firstOctet(0x1c), ...usual, isSet("reference", 16), isSet("transmit", 40)],
  },
  {
    name: "ntpdate of the reference implementation",
    sends: { 0: "e30003fa 00010000 00010000", 40: "eeadb4a1 c0ffee00" },
    insistsOn: [firstOctet(0x24), ...usual, rootDistanceBelow16, isSet("receive", 32)],
  },
  {
    name: "ntpd of the reference implementation, all fields set",
    sends: {
      0: "230306e9 00000a3d 000004f1 c0000201",
      16: "eeadb380 11111111 eeadb461 22222222 eeadb461 33333333 eeadb4a1 44444444",
    },
    insistsOn: [firstOctet(0x24), ...usual, receiveBeforeTransmit, isSet("reference", 16)],
  },
  {
    name: "chrony",
    sends: { 0: "23000020", 40: "5ad1e37c 90b4f628" },
    insistsOn: [firstOctet(0x24), ...usual, receiveBeforeTransmit, rootDistanceBelow16],
  },
  {
    name: "an upgrade probe for version 5",
    sends: { 0: "23", 16: "4e545035 44524654", 40: "5ad1e37c 90b4f629" },
    insistsOn: [
      firstOctet(0x24),
      ...usual,
      ({ octets, request }) => assertNotEquals(octets.slice(16, 24), request.slice(16, 24)),
    ],
  },
  {
    name: "version 2",
    sends: { 0: "13", 40: "eeadb4a1 00000001" },
    insistsOn: [firstOctet(0x14), ...usual],
  },
  {
    name: "version 1, mode 3",
    sends: { 0: "0b", 40: "eeadb4a1 80000000" },
    insistsOn: [firstOctet(0x0c), ...usual],
  },
  {
    name: "version 1, without a mode",
    sends: { 0: "08", 40: "ffffffff ffffffff" },
    insistsOn: [firstOctet(0x0c), ...usual],
  },
];

function timestamp(octets: Uint8Array, at: number): bigint {
  return new DataView(octets.buffer, octets.byteOffset).getBigUint64(at);
}

function requestOf({ sends }: KnownClient): Uint8Array {
  const octets = new Uint8Array(48);
  for (const [at, hex] of Object.entries(sends)) {
    octets.set(Uint8Array.fromHex(hex.replaceAll(" ", "")), Number(at));
  }
  return octets;
}

for (const protocol of ["ntp", "auto"]) {
  (await eachWay(`${protocol}:// answers as each client requires`, async (way, t) => {
    // The kernel's word is left out, for which leap a reply has depends on it.
    const status = { source: "fixed" } as const;
    await using server = await serve(`${protocol}://127.0.0.1:0`, { ...way, status });
    for (const client of clients) {
      await t.step(client.name, async () => {
        const request = requestOf(client);
        using socket = new UdpClient();
        const octets = (await socket.ask(request, server.addresses[0])).slice();
        for (const insists of client.insistsOn) insists({ octets, request });
      });
    }
  })).forEach((test) => Deno.test(test));
}
