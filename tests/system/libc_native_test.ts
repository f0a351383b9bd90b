import { assertEquals, assertThrows } from "@std/assert";
import { TIMEX } from "../../src/clock/sources/kernel_status.ts";
import * as batch from "../../src/system/batch.ts";
import * as libc from "../../src/system/libc.ts";
import * as socketAddress from "../../src/system/socket_address.ts";
import { where } from "../support/needs.ts";
import { type Command, run } from "../support/process.ts";

const { hostnameOf, toSocketAddress, toUnixAddress } = socketAddress;
const all = { ...libc, ...batch, ...socketAddress, TIMEX };

/** Each layout: the C type, and the C names of its parts. */
const layouts = {
  SOCKADDR_IN: ["struct sockaddr_in", {
    family: "sin_family",
    port: "sin_port",
    address: "sin_addr",
  }],
  SOCKADDR_IN6: ["struct sockaddr_in6", {
    family: "sin6_family",
    port: "sin6_port",
    address: "sin6_addr",
    scope: "sin6_scope_id",
  }],
  SOCKADDR_UN: ["struct sockaddr_un", { family: "sun_family", path: "sun_path" }],
  CMSGHDR: ["struct cmsghdr", { length: "cmsg_len", level: "cmsg_level", type: "cmsg_type" }],
  IN_PKTINFO: ["struct in_pktinfo", {
    interface: "ipi_ifindex",
    local: "ipi_spec_dst",
    destination: "ipi_addr",
  }],
  IN6_PKTINFO: ["struct in6_pktinfo", { destination: "ipi6_addr", interface: "ipi6_ifindex" }],
  POLLFD: ["struct pollfd", { descriptor: "fd", events: "events", result: "revents" }],
  SIGACTION: ["struct sigaction", { handler: "sa_handler" }],
  TIMEVAL: ["struct timeval", { seconds: "tv_sec", microseconds: "tv_usec" }],
  IOVEC: ["struct iovec", { base: "iov_base", length: "iov_len" }],
  MSGHDR: ["struct msghdr", {
    name: "msg_name",
    nameLength: "msg_namelen",
    iov: "msg_iov",
    iovLength: "msg_iovlen",
    control: "msg_control",
    controlLength: "msg_controllen",
    flags: "msg_flags",
  }],
  MMSGHDR: ["struct mmsghdr", { header: "msg_hdr", length: "msg_len" }],
  TIMEX: ["struct timex", { maxError: "maxerror", status: "status" }],
  TIMESPEC: ["struct timespec", { seconds: "tv_sec", nanoseconds: "tv_nsec" }],
} as const;

/** Numbers that C has under the same name. */
const constants = (Object.entries(libc) as [string, unknown][]).filter((entry): entry is [
  string,
  number,
] =>
  typeof entry[1] === "number" &&
  /^(AF|SOCK|SOL|SO|UDP|IP|IPV6|IPPROTO|MSG|SHUT|CLOCK|POLL|SIG|E)/.test(entry[0])
);

/** The compilers of the systems that mmsg runs on, and what runs their programs here. */
const compilers: [system: string, compile: Command, emulate: string[]][] = [
  ["this machine", ["cc"], []],
];
if (Deno.build.arch !== "aarch64") {
  compilers.push(["arm64", ["aarch64-linux-gnu-gcc", "-static"], ["qemu-aarch64-static"]]);
}

for (const [system, [compiler, ...flags], emulate] of compilers) {
  Deno.test(
    await where(
      { commands: [compiler, ...emulate], permissions: [{ name: "write" }] },
      `system has the layouts and constants that the C compiler of ${system} has`,
      async () => {
        const expected: Record<string, number> = Object.fromEntries(constants);
        const lines = constants.map(([name]) => `P("${name}", ${name})`);
        for (const [name, [type, parts]] of Object.entries(layouts)) {
          const layout = all[name as keyof typeof layouts] as Record<string, number>;
          assertEquals(Object.keys(layout).toSorted(), ["size", ...Object.keys(parts)].toSorted());
          lines.push(`P("${name}.size", sizeof(${type}))`);
          for (const [part, field] of Object.entries(parts)) {
            lines.push(`P("${name}.${part}", offsetof(${type}, ${field}))`);
          }
          for (const [part, offset] of Object.entries(layout)) expected[`${name}.${part}`] = offset;
        }
        const source = `#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#define P(name, value) printf("%s\\"%s\\": %ld", comma, name, (long)(value)), comma = ", ";
int main(void) {
  const char *comma = "";
  puts("{");
  ${lines.join("\n  ")}
  puts("}");
}
`;
        const folder = await Deno.makeTempDir();
        try {
          await Deno.writeTextFile(`${folder}/layout.c`, source);
          const program = `${folder}/layout`;
          const cc = await run([compiler, ...flags, "-o", program, `${program}.c`]);
          assertEquals(cc.stderr, "");
          const [command = program, ...args] = [...emulate, program];
          const { stdout } = await run([command, ...args]);
          assertEquals(expected, JSON.parse(stdout));
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    ),
  );
}

Deno.test(
  await where({ permissions: [{ name: "ffi" }] }, "openLibc names what failed, and why", () => {
    using opened = libc.openLibc();
    const error = assertThrows(
      () => opened.check("close it", opened.call.close(-1)),
      libc.SyscallError,
      "Cannot close it: Bad file descriptor (errno 9)",
    );
    assertEquals(error.errno, libc.EBADF);
  }),
);

Deno.test(
  await where({ permissions: [{ name: "ffi" }] }, "socket addresses go there and back", () => {
    using opened = libc.openLibc();
    for (const hostname of ["127.0.0.1", "255.254.253.252", "::1", "2001:db8::7", "fe80::1%lo"]) {
      const octets = toSocketAddress(opened, hostname, 0x1234);
      assertEquals(octets?.slice(2, 4), new Uint8Array([0x12, 0x34]));
      assertEquals(octets && hostnameOf(opened, octets), hostname);
    }
    for (
      const hostname of [
        "nowhere",
        "fe80::1%nosuchif",
        "fe80::1%4294967297",
        "1.2.3.4.5",
        "127.0.0.1%lo",
      ]
    ) {
      assertEquals(toSocketAddress(opened, hostname, 1), undefined);
    }
  }),
);

Deno.test(
  await where(
    { commands: ["nohup"], permissions: [{ name: "ffi" }, { name: "read" }] },
    "ignoresSignal knows what nohup does",
    async () => {
      const module = import.meta.resolve("../../src/system/libc.ts");
      const code =
        `import { ignoresSignal, SIGHUP } from "${module}"; console.log(ignoresSignal(SIGHUP))`;
      const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt"];
      const url = `data:text/typescript,${encodeURIComponent(code)}`;
      for (
        const [flags, expected] of [
          [["env"], "false\n"],
          [["nohup"], "true\n"],
        ] as const
      ) {
        const { stdout } = await run([...flags, ...deno, "-R", "--allow-ffi", url]);
        assertEquals(stdout, expected);
      }
    },
  ),
);

Deno.test(
  await where(
    { permissions: [{ name: "ffi" }, { name: "sys", kind: "hostname" }] },
    "machineName is the name that the system gives",
    () => assertEquals(libc.machineName(), Deno.hostname()),
  ),
);

Deno.test("toUnixAddress accepts paths and abstract names up to the maximum length", () => {
  assertEquals(toUnixAddress("/a"), new Uint8Array([1, 0, 0x2f, 0x61, 0]));
  assertEquals(toUnixAddress("@a"), new Uint8Array([1, 0, 0, 0x61]));
  assertEquals(toUnixAddress(`/${"a".repeat(106)}`)?.length, all.SOCKADDR_UN.size);
  for (const text of ["", "/", "@", "a", "vsock:2:1", `/${"a".repeat(107)}`]) {
    assertEquals(toUnixAddress(text), undefined, text);
  }
});
