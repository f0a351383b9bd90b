/**
 * The operators of the mutation check: small changes of meaning that the tests should notice.
 *
 * @module
 */

/** A node of Babel's syntax tree, as far as the operators look at it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // Babel's nodes have fields of many types; an operator knows those of the type it has asked for.
  // deno-lint-ignore no-explicit-any
  readonly [key: string]: any;
}

/** A change of one place of a source file. */
export interface Change {
  readonly operator: string;
  /** The place, as offsets into the file's text. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** The parts of a file's text by their place. */
type Source = (node: Node) => string;

type Operator = (node: Node, source: Source) => Omit<Change, "operator"> | undefined;

/** Puts a text in the place of a node. */
function replace(node: Node, replacement: string): Omit<Change, "operator"> {
  return { start: node.start, end: node.end, replacement };
}

/** Exchanges the operator sign between two operands. */
function exchangeSign(type: string, from: string, to: string): Operator {
  return (node, source) => {
    if (node.type !== type || node.operator !== from) return undefined;
    // A sum of texts has no difference.
    if (from === "+" && [node.left, node.right].some(isText)) return undefined;
    return replace(node, `${source(node.left)} ${to} ${source(node.right)}`);
  };
}

const binary = (from: string, to: string) => exchangeSign("BinaryExpression", from, to);
const logical = (from: string, to: string) => exchangeSign("LogicalExpression", from, to);
const assignment = (from: string, to: string) => exchangeSign("AssignmentExpression", from, to);

function isText(node: Node): boolean {
  return ["StringLiteral", "TemplateLiteral"].includes(node.type) ||
    node.type === "BinaryExpression" && node.operator === "+" &&
      (isText(node.left) || isText(node.right));
}

/** Exchanges the name of the method or function that is called. */
function exchangeCall(from: string, to: string): Operator {
  return (node) => {
    const { callee } = node;
    if (node.type !== "CallExpression" || callee.type !== "MemberExpression") return undefined;
    return callee.property.name === from ? replace(callee.property, to) : undefined;
  };
}

/** Decides a condition beforehand. */
function decide(value: boolean): Operator {
  return ({ type, test }) => {
    if (!["IfStatement", "ConditionalExpression"].includes(type)) return undefined;
    return replace(test, `${value}`);
  };
}

/** Removes a statement of a type. */
function remove(type: string): Operator {
  return (node) => node.type === type ? replace(node, ";") : undefined;
}

/** All operators by name. */
const operators: Readonly<Record<string, Operator>> = {
  "< to <=": binary("<", "<="),
  "<= to <": binary("<=", "<"),
  "> to >=": binary(">", ">="),
  ">= to >": binary(">=", ">"),
  "< to >=": binary("<", ">="),
  "> to <=": binary(">", "<="),
  "=== to !==": binary("===", "!=="),
  "!== to ===": binary("!==", "==="),
  "+ to -": binary("+", "-"),
  "- to +": binary("-", "+"),
  "* to /": binary("*", "/"),
  "/ to *": binary("/", "*"),
  "% to *": binary("%", "*"),
  "& to |": binary("&", "|"),
  "| to &": binary("|", "&"),
  "^ to |": binary("^", "|"),
  "<< to >>>": binary("<<", ">>>"),
  ">>> to <<": binary(">>>", "<<"),
  ">> to <<": binary(">>", "<<"),
  "&& to ||": logical("&&", "||"),
  "|| to &&": logical("||", "&&"),
  "no default": (node, source) =>
    node.type === "LogicalExpression" && node.operator === "??"
      ? replace(node, source(node.left))
      : undefined,
  "+= to -=": assignment("+=", "-="),
  "-= to +=": assignment("-=", "+="),
  "+= to =": assignment("+=", "="),
  "++ to --": (node, source) => {
    if (node.type !== "UpdateExpression" || node.operator !== "++") return undefined;
    return replace(node, node.prefix ? `--${source(node.argument)}` : `${source(node.argument)}--`);
  },
  "condition true": decide(true),
  "condition false": decide(false),
  "branches exchanged": (node, source) =>
    node.type === "ConditionalExpression"
      ? {
        start: node.consequent.start,
        end: node.alternate.end,
        replacement: `${source(node.alternate)} : ${source(node.consequent)}`,
      }
      : undefined,
  "no else": (node) =>
    node.type === "IfStatement" && node.alternate ? replace(node.alternate, ";") : undefined,
  "loop never entered": ({ type, test }) =>
    ["ForStatement", "WhileStatement"].includes(type) && test ? replace(test, "false") : undefined,
  "no !": (node, source) =>
    node.type === "UnaryExpression" && node.operator === "!"
      ? replace(node, source(node.argument))
      : undefined,
  "no minus": (node, source) =>
    node.type === "UnaryExpression" && node.operator === "-"
      ? replace(node, source(node.argument))
      : undefined,
  "another number": (node) => {
    if (node.type === "BigIntLiteral") return replace(node, `${BigInt(node.value) + 1n}n`);
    if (node.type !== "NumericLiteral") return undefined;
    return replace(node, `${node.value > 16 ? node.value * 2 : node.value + 1}`);
  },
  "another text": (node) =>
    node.type === "StringLiteral" ? replace(node, node.value === "" ? '"x"' : '""') : undefined,
  "true to false": (node) =>
    node.type === "BooleanLiteral" ? replace(node, `${!node.value}`) : undefined,
  "undefined returned": ({ type, argument }) =>
    type === "ReturnStatement" && argument && argument.name !== "undefined"
      ? replace(argument, "undefined")
      : undefined,
  "no effect": ({ type, expression, ...node }) =>
    type === "ExpressionStatement" && expression.callee?.type !== "Super"
      ? replace({ type, ...node } as Node, ";")
      : undefined,
  "no throw": remove("ThrowStatement"),
  "no continue": remove("ContinueStatement"),
  "break removed": remove("BreakStatement"),
  "empty list": (node) =>
    node.type === "ArrayExpression" && node.elements.length > 0 ? replace(node, "[]") : undefined,
  "nothing spread": (node) => node.type === "SpreadElement" ? replace(node, "...[]") : undefined,
  "arguments exchanged": (node, source) => {
    if (node.type !== "CallExpression" || node.arguments.length !== 2) return undefined;
    // A minimum and a maximum are the same in either order.
    if (/^Math\.(min|max)$/.test(source(node.callee))) return undefined;
    const [first, second] = node.arguments;
    if ([first, second].some(({ type }) => /Function|Spread/.test(type))) return undefined;
    return {
      start: first.start,
      end: second.end,
      replacement: `${source(second)}, ${source(first)}`,
    };
  },
  "min to max": exchangeCall("min", "max"),
  "max to min": exchangeCall("max", "min"),
  "some to every": exchangeCall("some", "every"),
  "every to some": exchangeCall("every", "some"),
  "floor to ceil": exchangeCall("floor", "ceil"),
  "ceil to floor": exchangeCall("ceil", "floor"),
  "round to floor": exchangeCall("round", "floor"),
  "trunc to round": exchangeCall("trunc", "round"),
  "startsWith to endsWith": exchangeCall("startsWith", "endsWith"),
};

/** Every change that an operator makes of a node. */
export function* changesOf(node: Node, text: string): Generator<Change> {
  const source: Source = ({ start, end, extra }) => {
    const part = text.slice(start, end);
    return extra?.parenthesized ? `(${part})` : part;
  };
  for (const [operator, change] of Object.entries(operators)) {
    const made = change(node, source);
    if (made !== undefined) yield { operator, ...made };
  }
}
