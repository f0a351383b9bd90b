/** Key files as users have them: what is accepted, what is refused, and that no key is shown. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { run, Running } from "../support/process.ts";
import { bothPrograms, root, testsOf } from "../support/programs.ts";

const SECRET = "correct-horse";
const OCTETS = "000102030405060708090a0b0c0d0e0f";
const KEYS = `# shared\n7 AES128 HEX:${OCTETS}\n8 MD5 ${SECRET}\n`;

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  const test = testsOf("keys", { kind, needs });

  /** Grants a program from source what the executables have. */
  const permitted = (
    [program, ...rest]: readonly [string, ...string[]],
    files: string,
  ): [string, ...string[]] => {
    if (kind === "compiled") return [program, ...rest];
    const [verb = "", ...more] = rest;
    return [program, verb, `--allow-read=${root}src,${root}deno.json,${files}`, ...more];
  };

  const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await Deno.makeTempDir();
    try {
      await use(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };

  Deno.test(
    await test("authenticate every command that measures, and are shown nowhere", () =>
      withFolder(async (folder) => {
        const file = `${folder}/ntp.keys`;
        await Deno.writeTextFile(file, KEYS, { mode: 0o600 });
        const options = ["--keys", file, "--require-auth", "--control", "127.0.0.1:0", "--verbose"];
        const server = new Running(
          [...permitted(timesrv, folder), "ntp://127.0.0.1:0", ...options],
          { stdout: "piped" },
        );
        await using _ = server;
        const [, port] = await server.waitFor(/Serving ntp on udp 127\.0\.0\.1:(\d+)/);
        const [, control = ""] = await server.waitFor(/Control interface on (\S+)/);
        assertMatch(
          server.stderr,
          /Warning: Key 8 is of type MD5, which RFC 8573 deprecates: prefer AES128\n/,
        );
        const url = `ntp://127.0.0.1:${port}?key=7`;
        const calls: readonly (readonly [args: string[], found: RegExp])[] = [
          [[], /^Authenticated {2}key 7$/m],
          [["--json"], /"authenticated":"key 7"/],
          [["--count", "2"], /^Authenticated {2}key 7$/m],
          [["--csv"], /,authenticated,.*\r\n.*,key 7,/],
          [["compare"], /\n(?:.*\n)*One server sent a time/],
          [["check"], /^NTP OK: /],
          [["wait", "--within", "1s"], /^The clock is within 1 s /],
          [["watch", "--count", "1", "--json"], /"authenticated":"key 7"/],
          [["explain"], /ok {4}its MAC is right, by the key of the request/],
        ];
        let shown = "";
        for (const [args, found] of calls) {
          const call = [...permitted(timecli, folder), ...args, "--keys", file, url] as const;
          const { stdout, stderr } = await run(call);
          assertMatch(stdout, found, `${args}: ${stderr}`);
          shown += stdout + stderr;
        }
        const state = [
          ...permitted(timecli, folder),
          "control",
          "state",
          "--json",
          "--url",
          control,
        ];
        shown += (await run(state as [string, ...string[]])).stdout;
        const plain = [
          ...permitted(timecli, folder),
          "-t",
          "300ms",
          url.replace(/\?.*/, ""),
        ] as const;
        assertEquals((await run(plain)).code, 3);
        const weak = [
          ...permitted(timecli, folder),
          "--keys",
          file,
          url.replace("=7", "=8"),
        ] as const;
        const warned = await run(weak);
        assertEquals(
          [warned.code, warned.stderr],
          [0, "timecli: Key 8 is of type MD5, which RFC 8573 deprecates: prefer AES128\n"],
        );
        await server.stop();
        shown += server.stderr + server.stdout + warned.stdout;
        assert(!shown.includes(SECRET) && !shown.includes(OCTETS), shown);
      })),
  );

  Deno.test(
    await test("that cannot be used are an error of one line, and nothing is started", () =>
      withFolder(async (folder) => {
        const write = async (name: string, text: string, mode = 0o600): Promise<string> => {
          const path = `${folder}/${name}`;
          await Deno.writeTextFile(path, text);
          await Deno.chmod(path, mode);
          return path;
        };
        const good = await write("good", KEYS);
        const open = await write("open", KEYS, 0o604);
        const bad = await write("bad", `7 SHA1 ${SECRET}\n8 ${SECRET} SHA1\n`);
        const none = `${folder}/none`;
        const target = "ntp://127.0.0.1:9?key=7";
        const types = "MD5, SHA1, SHA224, SHA256, SHA384, SHA512, SHA3-224, SHA3-256, SHA3-384, " +
          "SHA3-512, AES128 or AES256";
        const files: readonly (readonly [file: string, message: string])[] = [
          [open, `Others may use the keys in "${open}": run chmod o= on it`],
          [bad, `"${bad}": line 2: the type of a key is ${types}`],
          [none, `Cannot read the keys "${none}": there is no such file`],
        ];
        const cases: (readonly [readonly [string, ...string[]], readonly string[], string])[] = [
          ...files.flatMap(([file, message]) => [
            [timecli, [target, "--keys", file], message] as const,
            [timesrv, ["ntp://127.0.0.1:0", "--keys", file], message] as const,
          ]),
          [timecli, [target], `${target} needs --keys, a file with key 7`],
          [
            timecli,
            [target.replace("=7", "=9"), "--keys", good],
            `ntp://127.0.0.1:9?key=9: there is no key 9 in ${good}`,
          ],
          [
            timecli,
            ["127.0.0.1", "--keys", good],
            "--keys is for servers with a key: ntp://HOST?key=7",
          ],
          [
            timecli,
            ["time://127.0.0.1?key=7", "--keys", good],
            'Cannot read "time://127.0.0.1?key=7": a key is for ntp:// alone',
          ],
          [
            timecli,
            ["ntp://127.0.0.1?key=0", "--keys", good],
            'Cannot read "ntp://127.0.0.1?key=0": the id of a key is 1 to 4294967295',
          ],
          [timecli, ["bench", target], "A load test authenticates nothing: leave out ?key"],
          [
            timecli,
            ["ntp://127.0.0.1", "--nts-ca", good],
            "--nts-ca is for servers with NTS: ntp+nts://HOST",
          ],
          [
            timecli,
            ["ntp+nts://127.0.0.1", "--nts-ca", good],
            `There is no certificate in PEM in "${good}"`,
          ],
          [
            timecli,
            ["ntp+nts://127.0.0.1?key=7"],
            'Cannot read "ntp+nts://127.0.0.1?key=7": ntp+nts:// has no parameters',
          ],
          [
            timesrv,
            ["ntp://127.0.0.1:0", "--nts-ca", good],
            "--nts-ca needs an --upstream with NTS: ntp+nts://HOST",
          ],
          [timesrv, ["ntp://127.0.0.1:0", "--require-auth"], "--require-auth needs --keys or NTS"],
          [timesrv, ["--nts-cert", good], "NTS needs both a certificate and its key"],
          [
            timesrv,
            ["time://127.0.0.1:0", "--nts-self-signed", good],
            "NTS needs a listener with NTP",
          ],
          [
            timesrv,
            ["--require-auth", "--keys", good],
            "Only ntp:// can require authentication, not auto://127.0.0.1:8888",
          ],
          [
            timesrv,
            ["ntp://127.0.0.1:0", "--upstream", target],
            `--upstream ${target}: needs --keys`,
          ],
        ];
        for (const [program, args, message] of cases) {
          const { code, stdout, stderr } = await run([...permitted(program, folder), ...args]);
          const name = program === timecli ? "timecli" : "timesrv";
          assertEquals([code, stdout, stderr], [2, "", `${name}: ${message}\n`], args.join(" "));
        }
        if (kind === "source") {
          const { code, stderr } = await run([...timecli, target, "--keys", good]);
          assertEquals(code, 1);
          assertEquals(
            stderr,
            `timecli: No permission to read ${good}. ` +
              `Run: deno run -P=timecli --allow-read=${good} client.ts\n`,
          );
        }
      })),
  );
}
