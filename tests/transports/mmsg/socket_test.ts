/** How sockets are opened, by system calls that do what a test says. */
import { assertEquals, assertThrows } from "@std/assert";
import {
  AF_INET,
  AF_INET6,
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EINVAL,
  EMFILE,
  EPERM,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEPORT,
  SO_TIMESTAMPNS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../../../src/system/libc.ts";
import { ListenError, type ListenFailure } from "../../../src/transports/listen_error.ts";
import { findMissingCall, openSockets } from "../../../src/transports/mmsg/socket.ts";
import { FakeLibc, FIRST_DESCRIPTOR } from "../../support/fake_libc.ts";

const [FIRST, SECOND] = [FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + 1];

/** The calls in their order, each as a text; options with their values. */
function callsOf(libc: FakeLibc): string[] {
  return libc.calls.filter(({ name }) => name !== "inet_pton").map(({ name, args }) => {
    const words = args.map((arg) =>
      arg instanceof Uint8Array ? `[${new Int32Array(arg.slice(0, arg.length & ~3).buffer)}]` : arg
    );
    return `${name} ${words.join(" ")}`;
  });
}

/** The port and the address that a socket was bound to. */
function boundTo(libc: FakeLibc): [descriptor: unknown, port: number, last: number][] {
  return libc.argsOf("bind").map(([descriptor, address, length]) => {
    const octets = address as Uint8Array;
    assertEquals(length, octets.length);
    const view = new DataView(octets.buffer);
    const isIpv6 = view.getUint16(0, true) === AF_INET6;
    return [descriptor, view.getUint16(2, false), octets[isIpv6 ? 23 : 7] ?? -1];
  });
}

Deno.test("openSockets sets what each kind of address needs", () => {
  const common = (descriptor: number): string[] => [
    `setsockopt ${descriptor} ${SOL_SOCKET} ${SO_RCVBUF} [4096] 4`,
    `setsockopt ${descriptor} ${SOL_SOCKET} ${SO_RCVTIMEO} [0,0,200000,0] 16`,
  ];
  const table: [hostname: string, family: number, options: [level: number, option: number][]][] = [
    ["192.0.2.1", AF_INET, []],
    ["0.0.0.0", AF_INET, [[IPPROTO_IP, IP_PKTINFO]]],
    ["2001:db8::1", AF_INET6, [[IPPROTO_IPV6, IPV6_V6ONLY]]],
    ["::", AF_INET6, [[IPPROTO_IPV6, IPV6_V6ONLY], [IPPROTO_IPV6, IPV6_RECVPKTINFO]]],
  ];
  for (const [hostname, family, options] of table) {
    using libc = new FakeLibc();
    const listener = { hostname, port: 0, count: 1, receiveQueueOctets: 4096 };
    assertEquals(openSockets(libc, listener), {
      port: 4242,
      descriptors: [FIRST],
      receiveQueueOctets: 4096,
    });
    const calls = callsOf(libc);
    assertEquals(calls.slice(0, -3), [
      `socket ${family} ${SOCK_DGRAM | SOCK_CLOEXEC} 0`,
      `setsockopt ${FIRST} ${SOL_SOCKET} ${SO_TIMESTAMPNS} [1] 4`,
      ...options.map(([level, option]) => `setsockopt ${FIRST} ${level} ${option} [1] 4`),
      ...common(FIRST),
    ], hostname);
    // Alone, it shares its port with nobody.
    assertEquals(calls.slice(-3).map((call) => call.split(" ")[0]), [
      "bind",
      "getsockname",
      "getsockopt",
    ]);
  }
});

Deno.test("openSockets has further sockets join the port of the first, which nobody else has", () => {
  using libc = new FakeLibc();
  const listener = { hostname: "192.0.2.77", port: 0, count: 3, receiveQueueOctets: 300_000 };
  const descriptors = [FIRST, SECOND, SECOND + 1];
  assertEquals(openSockets(libc, listener), {
    port: 4242,
    descriptors,
    receiveQueueOctets: libc.maxQueue,
  });
  assertEquals(boundTo(libc), [[FIRST, 0, 77], [SECOND, 4242, 77], [SECOND + 1, 4242, 77]]);
  const order = callsOf(libc).filter((call) =>
    /^bind/.test(call) || call.includes(` ${SO_REUSEPORT} `)
  );
  const share = (descriptor: number): string =>
    `setsockopt ${descriptor} ${SOL_SOCKET} ${SO_REUSEPORT} [1] 4`;
  // The first fails where another process has the port, even a shared one.
  assertEquals(order.map((call) => /^bind/.test(call) ? "bind" : call), [
    "bind",
    share(FIRST),
    share(SECOND),
    "bind",
    share(SECOND + 1),
    "bind",
  ]);
  assertEquals(libc.argsOf("close"), []);
});

Deno.test("openSockets gives the reason of a failure, and leaves nothing open", () => {
  const reasons: [errno: number, reason: ListenFailure, message: string][] = [
    [EADDRINUSE, "in_use", "the port is already in use"],
    [EACCES, "not_permitted", "this user may not bind that port"],
    [EPERM, "not_permitted", "this user may not bind that port"],
    [EADDRNOTAVAIL, "not_of_this_machine", "not an address of this machine"],
    [EAFNOSUPPORT, "unsupported_family", "this machine has no addresses of that IP version"],
    [EINVAL, "failed", `Cannot bind: error ${EINVAL} (errno ${EINVAL})`],
  ];
  const listener = { hostname: "192.0.2.1", port: 123, count: 2, receiveQueueOctets: 4096 };
  for (const [errno, reason, detail] of reasons) {
    // The first socket fails, or the second.
    for (const results of [[{ errno }], [0, { errno }]]) {
      using libc = new FakeLibc();
      libc.results["bind"] = [...results];
      const error = assertThrows(() => openSockets(libc, listener), ListenError);
      assertEquals(
        [error.reason, error.hostname, error.port, error.message],
        [reason, "192.0.2.1", 123, `Cannot listen on udp 192.0.2.1:123: ${detail}`],
      );
      const opened = [FIRST, SECOND].slice(0, results.length);
      assertEquals(libc.argsOf("close"), opened.map((descriptor) => [descriptor]));
    }
  }
});

Deno.test("openSockets closes a socket whose options cannot be set", () => {
  const failures: [call: string, results: (number | { errno: number })[], closed: number[]][] = [
    ["socket", [{ errno: EAFNOSUPPORT }], []],
    ["setsockopt", [{ errno: EINVAL }], [FIRST]],
    ["setsockopt", [0, 0, { errno: EINVAL }], [FIRST]],
    ["getsockname", [{ errno: EINVAL }], [FIRST]],
    ["getsockopt", [{ errno: EINVAL }], [FIRST, SECOND]],
  ];
  const listener = { hostname: "192.0.2.1", port: 123, count: 2, receiveQueueOctets: 4096 };
  for (const [call, results, closed] of failures) {
    using libc = new FakeLibc();
    libc.results[call] = [...results];
    const { reason } = assertThrows(() => openSockets(libc, listener), ListenError);
    assertEquals(reason, call === "socket" ? "unsupported_family" : "failed");
    assertEquals(libc.argsOf("close"), closed.map((descriptor) => [descriptor]), call);
  }
});

Deno.test("findMissingCall names what the kernel lacks, and leaves nothing open", () => {
  const ENOSYS = 38;
  const ENOPROTOOPT = 92;
  const lacks = (action: string, errno: number): string =>
    `this system cannot ${action}: error ${errno} (errno ${errno})`;
  const table: [call: string, results: (number | { errno: number })[], missing?: string][] = [
    ["socket", []],
    ["socket", [{ errno: EAFNOSUPPORT }]],
    ["socket", [{ errno: EMFILE }]],
    ["socket", [{ errno: EPERM }], lacks("open a socket", EPERM)],
    [
      "setsockopt",
      [{ errno: ENOPROTOOPT }],
      lacks("set the socket option SO_TIMESTAMPNS", ENOPROTOOPT),
    ],
    [
      "setsockopt",
      [0, { errno: ENOPROTOOPT }],
      lacks("set the socket option IP_PKTINFO", ENOPROTOOPT),
    ],
    ["recvmmsg", [{ errno: ENOSYS }], lacks("call recvmmsg", ENOSYS)],
    ["sendmmsg", [{ errno: ENOSYS }], lacks("call sendmmsg", ENOSYS)],
  ];
  for (const [call, results, missing] of table) {
    using libc = new FakeLibc();
    if (call === "recvmmsg") libc.batches.push(results[0] as { errno: number });
    else if (call === "sendmmsg") libc.sends.push(...results);
    else libc.results[call] = [...results];
    assertEquals(findMissingCall(libc), missing, `${call} ${JSON.stringify(results)}`);
    const hasSocket = call !== "socket" || results.length === 0;
    assertEquals(libc.argsOf("close"), hasSocket ? [[FIRST]] : []);
    assertEquals(libc.argsOf("bind"), []);
  }
});

Deno.test("openSockets finds that a zone is none of this machine", () => {
  using libc = new FakeLibc();
  const listener = { hostname: "fe80::1%nosuch", port: 123, count: 1, receiveQueueOctets: 4096 };
  const { reason } = assertThrows(() => openSockets(libc, listener), ListenError);
  assertEquals([reason, libc.argsOf("close")], ["not_of_this_machine", [[FIRST]]]);
});

Deno.test({
  name: "openSockets opens nothing without the permission for its address",
  permissions: { net: ["127.0.0.1:123"] },
  fn(): void {
    using libc = new FakeLibc();
    const listener = { port: 123, count: 1, receiveQueueOctets: 4096 };
    openSockets(libc, { ...listener, hostname: "127.0.0.1" });
    libc.calls.length = 0;
    for (const address of [{ hostname: "127.0.0.1", port: 124 }, { hostname: "127.0.0.2" }]) {
      assertThrows(() => openSockets(libc, { ...listener, ...address }), Deno.errors.NotCapable);
    }
    assertEquals(libc.calls, []);
  },
});
