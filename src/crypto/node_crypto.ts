/** `node:crypto`, which Deno has built in. Loading it takes 10 ms, which only those pay who use keys. */

type NodeCrypto = typeof import("node:crypto");

const { process } = globalThis as unknown as {
  readonly process: { getBuiltinModule(name: "node:crypto"): NodeCrypto };
};

const load = (): NodeCrypto => process.getBuiltinModule("node:crypto");

let loaded: NodeCrypto | undefined;

/** Returns the module, at once: responders and requests never wait. */
export function nodeCrypto(): NodeCrypto {
  return loaded ??= load();
}
