/** What mutations begin with: what clients, servers and strangers send to the ports of time services. */
import { ntsRequest } from "./nts.ts";
import { hex, octetsOf } from "../support/services.ts";

const zeros = (octets: number): string => "00".repeat(octets);

/** An NTP request: its first four octets, and a transmit timestamp. */
const request = (head: string, transmit = "e232249012345678"): string =>
  head.padEnd(80, "0") + transmit;

const CLIENT = request("23");

const ntpRequests = [
  CLIENT,
  request("23000020", "5ca1ab1e0ddba11e"), // chrony
  request("e300fa00" + "00010000".repeat(2)), // ntpdate
  request("e30006ec" + zeros(8) + "314e3134", zeros(8)), // Arduino
  request("1b", zeros(8)), // lwIP
  request("d9000afa" + zeros(8) + "00000000"), // Windows, symmetric
  request("0b"),
  request("08"),
  request("13"),
  request("2b"), // version 5
  request("23", zeros(8)).replace(/^(.{32})0{16}/, "$14e5450354e545035"), // the probe for version 5
];

/** The first two are MACs of `CLIENT`, by the keys of a fuzzed service. */
const trailers = [
  "00000007ab3b3f1025ce16e62215ad97e7e63339", // AES-CMAC
  "000000088e0d631176e969aabda0d04dcd3d395a2e0f1fb8", // SHA-1
  zeros(4), // crypto-NAK
  "00000001" + zeros(8), // versions 1 and 2
  "00000bad" + zeros(68), // Windows
  "2007001c" + zeros(24),
  "20070010" + zeros(12) + "2008001c" + zeros(24),
  "20070010" + zeros(12) + "0000000700112233445566778899aabbccddeeff",
  "01040024" + "5a".repeat(32) + "02040068" + "c0".repeat(100) + "04040028" + "a5".repeat(36),
];

const ntpOthers = [
  "240106e9" + zeros(28) + "e232249000000001" + "e2322490000000ff",
  "1a0206e9" + zeros(28) + "e232249000000001" + "e2322491000000ff",
  "e4000000" + zeros(8) + "52415445" + zeros(16) + "e232249000000001" + "e232249000000001",
  "25010600" + zeros(12) + "e232240000000000" + zeros(16) + "e232249000000001",
  "1602000100000000" + zeros(4), // control, a request
  "1682000100000000" + "0000000361626300", // and its response
  "d6c2000106000000" + zeros(4),
  "1700032a00000000" + zeros(40), // private, a request
  "9700032a0002000400112233" + "44556677",
];

const texts = [
  "",
  "\n",
  "Time request",
  "what time is it?",
  "Fri Apr  3 21:09:36 2020",
  "Fri Apr  3 21:09:36 2020\n\0",
  "Sun Feb 29 23:59:60 -4444\r\n",
  "Tue Feb 24 01:53:20 274493\r\n",
  "Tuesday, February 22, 1982 17:37:43-PST\r\n",
  "02 FEB 82 07:59:01 PST\r\n",
  "03 APR 2020 21:09:36 UTC\r\n",
  "Fri, 03 Apr 2020 21:09:36 +0200\r\n",
  "2020-04-03T21:09:36+02:00\r\n",
  "2020-04-03 21:09:36.123456789Z\r\n",
  "\n58942 20-04-03 21:09:36 50 0 0 895.8 UTC(NIST) * \r\n",
];

const others = [
  "e2322490",
  "e232249000000000",
  zeros(48),
  "ff".repeat(48),
  "ffffffff" + "676574737461747573", // a game server's status
  "1234010000010000000000000474696d65076578616d706c650000010001", // DNS
  "524f55474854494d" + "f0030000" + "05000000" + zeros(1008), // Roughtime
];

/** Octets that are right, or well known, each in a way of its own. */
export const seeds: readonly Uint8Array[] = [
  ...ntpRequests,
  ...trailers.map((trailer) => CLIENT + trailer),
  ...trailers.map((trailer) => request("1b") + trailer),
  ...ntpOthers,
  ...others,
].map(hex).concat(texts.map(octetsOf), [0, 1, 7].map((count) => ntsRequest(hex(CLIENT), count)));
