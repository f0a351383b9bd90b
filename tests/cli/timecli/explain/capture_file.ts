/** A capture of four clients: with a reply, without one, without a request, and of the Time protocol. */
import { type Captured, join, link, pcap, udp } from "../../../explain/capture/files.ts";

const client = [192, 0, 2, 1];
const server = [192, 0, 2, 2];

const ntpRequest = "23" + "00".repeat(39) + "0102030405060708";

/** From 2026-03-01T12:00:00Z on, with a root delay of 31.25 ms and a root dispersion of 46.875 ms. */
const ntpReply = "240206ec" + "00000800" + "00000c00" + "c0000201" + "ed4ea88400000000" +
  "0102030405060708" + "ed4ea8c000000000" + "ed4ea8c000100000";

/** A pcap file of these exchanges, and of a frame of no time service. */
export function captureFile(): Uint8Array<ArrayBuffer> {
  const frame = (
    fraction: number,
    port: number,
    serverPort: number,
    isReply: boolean,
    hex: string,
  ): Captured => {
    const octets = Uint8Array.fromHex(hex);
    const packet = isReply
      ? udp(server, serverPort, client, port, octets)
      : udp(client, port, server, serverPort, octets);
    return { seconds: 1_772_366_400, fraction, octets: join(link(1), packet) };
  };
  return pcap([
    frame(0, 40_000, 123, false, ntpRequest),
    frame(3000, 40_000, 123, true, ntpReply),
    frame(10_000, 40_001, 123, false, ntpRequest),
    frame(20_000, 40_002, 123, true, ntpReply),
    frame(30_000, 40_003, 37, false, ""),
    frame(31_000, 40_003, 37, true, "83aa7e80"),
    frame(40_000, 40_004, 99, false, "00"),
  ]);
}
