import { replace } from "./replacing.ts";

/** The interfaces of another machine, until they are disposed of. */
export class FakeInterfaces implements Disposable {
  readonly #replaced: Disposable;
  /** The number of times they were read. */
  readings = 0;

  /** @param cidrs The name of each and its address with the length of its prefix, or why they cannot be read */
  constructor(cidrs: readonly (readonly [name: string, cidr: string])[] | Error) {
    const networkInterfaces = (): Deno.NetworkInterfaceInfo[] => {
      this.readings++;
      if (cidrs instanceof Error) throw cidrs;
      return cidrs.map(([name, cidr]) => {
        const [address = ""] = cidr.split("/");
        const family = address.includes(":") ? "IPv6" : "IPv4";
        return { name, family, address, cidr } as Deno.NetworkInterfaceInfo;
      });
    };
    this.#replaced = replace([
      [Deno, { networkInterfaces }],
      [Deno.permissions, { querySync: () => ({ state: "granted" }) }],
    ]);
  }

  [Symbol.dispose](): void {
    this.#replaced[Symbol.dispose]();
  }
}
