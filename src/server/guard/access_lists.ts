/** Lists of allowed and denied networks, as their administrator reads and changes them. */
import { type IpWords, isIpv4, type Network, parseNetworks } from "../../text/ip_words.ts";
import type { AccessOptions } from "./options.ts";

interface Rule {
  readonly text: string;
  readonly network: Network;
  readonly isAllowed: boolean;
}

const ALL = ["0.0.0.0/0", "::/0"] as const;

/**
 * Allows and denies further networks: each leaves the other list. Addresses without a rule keep their verdict,
 * which only `all` changes: a network that is allowed denies no other.
 *
 * @throws {SyntaxError} If a network cannot be read, or is to be both allowed and denied
 */
export function changeAccess(
  before: AccessOptions = {},
  { allow = [], deny = [] }: AccessOptions = {},
): AccessOptions {
  const rules = new Map<string, Rule>();
  const isOpen = (before.allow ?? []).length === 0;
  for (const rule of rulesOf({ [isOpen ? "allow" : "deny"]: ["all"] })) add(rules, rule);
  for (const rule of rulesOf(before)) add(rules, rule);
  const added = new Map<string, Rule>();
  for (const rule of rulesOf({ allow, deny })) {
    const other = add(added, rule);
    if (other !== undefined && other.isAllowed !== rule.isAllowed) {
      throw new SyntaxError(`Cannot both allow and deny ${rule.text}`);
    }
  }
  for (const rule of added.values()) add(rules, rule);
  const allowed = textsOf(rules, true);
  const denied = textsOf(rules, false);
  // The verdict of all others is implied, where the lists state it without these words.
  if (allowed.join() === "all") return { allow: [], deny: denied };
  return {
    allow: allowed,
    deny: allowed.length > 0 ? denied.filter((each) => each !== "all") : denied,
  };
}

/** Finds the rule that decides about an address: that with the longest prefix, null without one. */
export function findRule(
  access: AccessOptions,
  words: IpWords,
): { readonly rule: string | null; readonly isAllowed: boolean } {
  const family = isIpv4(words) ? "ipv4" : "ipv6";
  const [longest] = rulesOf(access)
    .filter(({ network }) =>
      network.family === family &&
      keyOf(network) === keyOf({ family, words, length: network.length })
    )
    .sort((a, b) => b.network.length - a.network.length);
  const isOpen = (access.allow ?? []).length === 0;
  return { rule: longest?.text ?? null, isAllowed: longest?.isAllowed ?? isOpen };
}

function rulesOf({ allow = [], deny = [] }: AccessOptions): Rule[] {
  const read = (texts: readonly string[], isAllowed: boolean): Rule[] =>
    texts.flatMap((text) => text === "all" ? ALL : text).flatMap((text) =>
      parseNetworks(text).map((network) => ({ text, network, isAllowed }))
    );
  return [...read(allow, true), ...read(deny, false)];
}

/** Adds a rule, and returns that of the same network before. */
function add(rules: Map<string, Rule>, rule: Rule): Rule | undefined {
  const key = keyOf(rule.network);
  const before = rules.get(key);
  rules.set(key, rule);
  return before;
}

function textsOf(rules: ReadonlyMap<string, Rule>, isAllowed: boolean): string[] {
  const own = [...rules.values()].filter((rule) => rule.isAllowed === isAllowed);
  const isOfAll = ({ network }: Rule): boolean => network.length === 0;
  const whole = own.filter(isOfAll).map(({ text }) => text);
  return [
    ...whole.length === ALL.length ? ["all"] : whole,
    ...own.filter((rule) => !isOfAll(rule)).map(({ text }) => text),
  ];
}

/** The bits of a network's prefix, which no other has. */
function keyOf({ family, words, length }: Network): string {
  const first = family === "ipv4" ? 96 : 0;
  const prefix = Array.from(words, (word, i) => {
    const bits = Math.min(32, Math.max(0, first + length - i * 32));
    return bits === 0 ? 0 : word >>> (32 - bits);
  });
  return `${family}/${length}/${prefix.slice(first / 32).join("/")}`;
}
