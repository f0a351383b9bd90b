/** The container image: what is in it, and that it serves with no right at all. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { writeContext } from "../../scripts/image.ts";
import { issue, makeAuthority } from "../support/certificates.ts";
import { daemonSet } from "../support/manifest.ts";
import { isAvailable, type Needs, where } from "../support/needs.ts";
import { Network, networkCommands, program } from "../support/peers.ts";
import { type Outcome, run } from "../support/process.ts";
import { root, source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";
import { type TempFolder, tempFolder } from "./executables.ts";

const needs: Needs = {
  commands: [
    ...[
      "buildah",
      "podman",
      "podman-compose",
      "runc",
      "npm",
      "tar",
      "sysctl",
      "busybox",
      "openssl",
    ],
    ...networkCommands,
  ],
  files: [program.debian],
  linux: true,
  root: true,
  permissions: [{ name: "env" }, { name: "run" }, { name: "write" }, { name: "read" }],
};

/** Podman needs neither systemd nor a registry, and keeps all that it stores in one folder. */
const CONFIG = `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
`;

class Engine implements AsyncDisposable {
  readonly folder: TempFolder;
  readonly network: Network;
  readonly #env: Record<string, string>;

  private constructor(folder: TempFolder, network: Network) {
    this.folder = folder;
    this.network = network;
    this.#env = {
      CONTAINERS_CONF: join(folder.path, "containers.conf"),
      CONTAINERS_STORAGE_CONF: join(folder.path, "storage.conf"),
    };
  }

  static async create(): Promise<Engine> {
    const engine = new Engine(await tempFolder(), await Network.create());
    const { path } = engine.folder;
    const networks = `[network]\nnetwork_config_dir = "${path}/networks"\n`;
    await Deno.writeTextFile(join(path, "containers.conf"), CONFIG + networks);
    const storage = `driver = "vfs"\nrunroot = "${path}/run"\ngraphroot = "${path}/graph"\n`;
    await Deno.writeTextFile(join(path, "storage.conf"), `[storage]\n${storage}`);
    await engine.run("sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=0");
    return engine;
  }

  /** Runs a command in the network; its mounts must last, so that it shares those of this machine. */
  run(...command: [string, ...string[]]): Promise<Outcome> {
    const inside = ["-t", String(this.network.pid), "--net", ...command];
    return run(["nsenter", ...inside], { env: this.#env, cwd: this.folder.path });
  }

  /** Runs a command that must succeed; returns what it printed. */
  async must(...command: [string, ...string[]]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command);
    assertEquals(code, 0, `${command.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Starts a container, and waits until it serves. */
  async start(name: string, ...args: string[]): Promise<void> {
    await this.must("podman", "run", "-d", `--name=${name}`, ...args);
    const logs = (): Promise<Outcome> => this.run("podman", "logs", name);
    await poll(20, logs, ({ stderr }) => stderr.includes(" Transport: "));
  }

  /** Queries a server in the network. */
  ask(url: string): Promise<string> {
    return this.must(...source.timecli, "--timeout", "10s", url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("podman", "rm", "--all", "--force", "--time", "0");
    await this.network[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

if (await isAvailable(needs, "the tests of the image")) {
  Deno.test(
    await where(
      needs,
      "image: holds Deno, libraries and programs alone, and serves without a right",
      async () => {
        await using engine = await Engine.create();
        const context = join(engine.folder.path, "context");
        await writeContext(context);
        await engine.must("podman", "import", "--quiet", program.debian, "localhost/base");
        await engine.must(
          ...["buildah", "build", "--isolation", "chroot", "--format", "docker"] as const,
          ...["--build-arg", "BASE=localhost/base", "-t", "timesrv:latest", context],
        );

        const limits = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"];
        const env = ["-e", "TIMESRV_LOCAL=5", "-e", "TZ=Asia/Tokyo"];
        const nts = ["-e", "TIMESRV_NTS_SELF_SIGNED=/tmp/ca.pem"];
        const network = `--network=ns:/proc/${engine.network.pid}/ns/net`;
        const settings = [...limits, network, ...env];
        await engine.start("first", ...settings, ...nts, "timesrv");
        for (const url of ["ntp://127.0.0.1", "ntp://[::1]"]) {
          assertMatch(await engine.ask(url), /^Stratum +5$/m);
        }
        assertEquals(await engine.must("podman", "healthcheck", "run", "first"), "");
        const processes = await engine.must("podman", "top", "first", "user,comm,capeff");
        assertEquals(processes.split("\n").slice(1, -1).map((line) => line.split(/ +/)), [
          ["timesrv", "timesrv", "none"],
        ]);
        assertEquals((await engine.run("podman", "exec", "first", "/bin/sh")).code, 127);
        const files = await engine.must("sh", "-c", "podman export first | tar -t");
        const names = files.split("\n").filter((name) => /^(usr|lib|lib64|bin)\//.test(name));
        assertEquals(
          names.filter((name) => !/^usr\/(lib\/timesrv|share\/doc)\/|^lib(64)?\/|\/$/.test(name))
            .map((name) => name.replace(/^usr\/lib\/[a-z0-9_]+-linux-gnu\//, "")).toSorted(),
          ["libssl.so.3", "usr/lib/ssl/cert.pem"],
        );
        // NTS finds OpenSSL on both sides, and the authorities of its clients.
        const { Healthcheck: { Test: [, ...ask] } } = JSON.parse(
          await engine.must("podman", "inspect", "first", "--format", "{{json .Config}}"),
        );
        const exec = (name: string): [string, ...string[]] => [
          ...["podman", "exec", name] as const,
          ...ask.slice(0, -1),
        ];
        const authentic = await engine.must(
          ...exec("first"),
          "--nts-ca",
          "/tmp/ca.pem",
          "ntp+nts://localhost",
        );
        assertMatch(authentic, /^Authenticated +nts$/m);
        const refused = await engine.run(...exec("first"), "ntp+nts://localhost");
        assertEquals(refused.code, 14);
        assertMatch(
          refused.stderr,
          /: TLS: certificate verify failed: unable to get local issuer certificate$/m,
        );
        await engine.must("podman", "stop", "first");
        const log = await engine.run("podman", "logs", "first");
        assertMatch(log.stderr, /^\S+ Transport: mmsg \(1 worker thread\)$/m);
        assertMatch(log.stderr, /: 4 received, 4 answered, 0 refused, 0 errors\n$/);
        assertEquals(
          await engine.must("podman", "inspect", "first", "--format", "{{.State.ExitCode}}"),
          "0\n",
        );

        // It serves text in the zone of TZ, for which the image has no file, and NTS with a key that its group may
        // read; no listener answers NTP on port 123.
        const secrets = join(engine.folder.path, "secrets");
        await Deno.mkdir(secrets);
        await makeAuthority(secrets);
        await issue(secrets, "server");
        await engine.must("chown", "0:65532", join(secrets, "server.key"));
        await engine.must("chmod", "640", join(secrets, "server.key"));
        await engine.start(
          ...["second", ...settings, "-v", `${secrets}:/nts:ro`] as const,
          ...["-e", "TIMESRV_NTS_CERT=/nts/server.pem", "-e", "TIMESRV_NTS_KEY=/nts/server.key"],
          ...["timesrv", "asctime://127.0.0.1:1123", "ntp://127.0.0.1:2123"],
        );
        const trust = ["--nts-ca", "/nts/ca.pem"];
        const sealed = await engine.must(...exec("second"), ...trust, "ntp+nts://localhost");
        assertMatch(sealed, /^Authenticated +nts$/m);
        const { hour } = Temporal.Now.zonedDateTimeISO("Asia/Tokyo").round({
          smallestUnit: "hour",
          roundingMode: "floor",
        });
        const text = await engine.ask("asctime://127.0.0.1:1123");
        const [, shown] = / (\d\d):\d\d:\d\d /.exec(text) ?? [];
        assert([hour, (hour + 1) % 24].includes(Number(shown)), text);
        assertEquals((await engine.run("podman", "healthcheck", "run", "second")).code, 1);
        await engine.must("podman", "rm", "--force", "second");

        // With the rights that the manifest for Kubernetes leaves; its probes ask as the kubelet does.
        const [container] = (await daemonSet()).spec.template.spec.containers;
        const { capabilities, runAsUser, ...others } = container.securityContext;
        assertEquals(others, { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
        await engine.must("sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=1024");
        await engine.start(
          ...["pod", network, "--read-only"] as const,
          ...["--security-opt=no-new-privileges", `--user=${runAsUser}`],
          ...capabilities.drop.map((name) => `--cap-drop=${name.toLowerCase()}`),
          ...capabilities.add.map((name) => `--cap-add=${name}`),
          ...["timesrv", ...container.args],
        );
        await engine.ask("ntp://127.0.0.1");
        for (const { httpGet } of [container.readinessProbe, container.livenessProbe]) {
          const url = `http://${httpGet.host}:${httpGet.port}${httpGet.path}`;
          await engine.must("busybox", "wget", "-q", "-O", "-", url);
        }
        await engine.must("podman", "rm", "--force", "pod");
        await engine.must("sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=0");

        // The file of the documents as it is, with a network and a forwarded port of its own.
        await Deno.copyFile(
          `${root}docs/container/compose.yaml`,
          join(engine.folder.path, "compose.yaml"),
        );
        await engine.must("podman-compose", "--project-name", "timesrvtest", "up", "-d");
        assertMatch(await engine.ask("ntp://127.0.0.1"), /^Stratum +10$/m);
        await engine.must("podman-compose", "--project-name", "timesrvtest", "down");
      },
    ),
  );
}
