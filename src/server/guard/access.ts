/** Access rules: allowed and denied networks; the longest prefix decides. */
import { type IpWords, isIpv4, type Network, parseNetworks } from "../../text/ip_words.ts";
import type { AccessOptions } from "./options.ts";

/** The rules in a form that threads can share. */
export interface AccessTable {
  /** A binary tree per family; each node is three words: its child for 0, its child for 1, its verdict. */
  readonly ipv4: Int32Array;
  readonly ipv6: Int32Array;
  /** Whether addresses without a rule are allowed. */
  readonly isOpen: boolean;
}

const NODE = 3;
const VERDICT = 2;
const [NONE, ALLOW, DENY] = [0, 1, 2];

/**
 * Makes a table of rules.
 *
 * @throws {SyntaxError} If a network cannot be read, or is both allowed and denied
 */
export function accessTable({ allow = [], deny = [] }: AccessOptions): AccessTable {
  const trees = { ipv4: [0, 0, NONE], ipv6: [0, 0, NONE] };
  const decide = (text: string, verdict: number): void => {
    for (const { family, words, length } of parseNetworks(text)) {
      const tree = trees[family];
      const at = insert(tree, words, length, family);
      if (tree[at] !== NONE && tree[at] !== verdict) {
        throw new SyntaxError(`Cannot both allow and deny ${text}`);
      }
      tree[at] = verdict;
    }
  };
  for (const text of allow) decide(text, ALLOW);
  for (const text of deny) decide(text, DENY);
  return {
    ipv4: Int32Array.from(trees.ipv4),
    ipv6: Int32Array.from(trees.ipv6),
    isOpen: allow.length === 0,
  };
}

const FIRST_BIT = { ipv4: 96, ipv6: 0 } as const;

function bitOf(words: IpWords, bit: number): number {
  return (words[bit >> 5] as number) >>> (31 - (bit & 31)) & 1;
}

/** Returns the index of a network's verdict; adds the nodes on the path to it. */
function insert(tree: number[], words: IpWords, length: number, family: Network["family"]): number {
  let node = 0;
  for (let i = 0; i < length; i++) {
    const branch = node + bitOf(words, FIRST_BIT[family] + i);
    if (tree[branch] === 0) {
      tree[branch] = tree.length;
      tree.push(0, 0, NONE);
    }
    node = tree[branch] as number;
  }
  return node + VERDICT;
}

/** Whether the longest prefix that matches an address allows it. Allocates nothing. */
export function isAllowed(table: AccessTable, words: IpWords): boolean {
  const family = isIpv4(words) ? "ipv4" : "ipv6";
  const tree = table[family];
  let verdict = tree[VERDICT] as number;
  let node = 0;
  for (let bit = FIRST_BIT[family]; bit < 128; bit++) {
    node = tree[node + bitOf(words, bit)] as number;
    if (node === 0) break;
    const here = tree[node + VERDICT] as number;
    if (here !== NONE) verdict = here;
  }
  return verdict === NONE ? table.isOpen : verdict === ALLOW;
}

export function hasRules(table: AccessTable): boolean {
  return !table.isOpen || table.ipv4.length > NODE || table.ipv6.length > NODE ||
    table.ipv4[VERDICT] !== NONE || table.ipv6[VERDICT] !== NONE;
}
