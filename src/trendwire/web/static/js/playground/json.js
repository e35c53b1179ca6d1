// JSON as a tree of texts: an integer of 64 bits stays what was sent, which JSON.parse would round.

const TOKEN = /\s*(?:([{}[\],:])|("[^"\\]*(?:\\.[^"\\]*)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/gy;

/**
 * The tree of a text: {kind: "object" | "array" | "string" | "number" | "word", text, children: [[name, node]]}.
 * Throws SyntaxError for what is no JSON.
 */
export function parsed(text) {
  JSON.parse(text);
  return node(text.matchAll(TOKEN));
}

/** The text of the leaf that a JSON pointer leads to; null where there is none. */
export function pointed(root, pointer) {
  let here = root;
  for (const step of pointer.split("/").slice(1)) {
    here = here.children.find(([name]) => name === step)?.[1];
    if (!here) return null;
  }
  return here.text ?? null;
}

function next(tokens) {
  return tokens.next().value;
}

/** The node that starts at the next token, or at `first`. The text is known to be JSON. */
function node(tokens, first = next(tokens)) {
  const [, mark, string, number, word] = first;
  if (mark === "{") return { kind: "object", text: null, children: members(tokens) };
  if (mark === "[") return { kind: "array", text: null, children: elements(tokens) };
  if (string !== undefined) return { kind: "string", text: JSON.parse(string), children: [] };
  return number === undefined ? { kind: "word", text: word, children: [] } : { kind: "number", text: number, children: [] };
}

function members(tokens) {
  const found = [];
  for (let token = next(tokens); token[1] !== "}"; token = next(tokens)) {
    if (token[1] === ",") continue;
    next(tokens);
    found.push([JSON.parse(token[2]), node(tokens)]);
  }
  return found;
}

function elements(tokens) {
  const found = [];
  for (let token = next(tokens); token[1] !== "]"; token = next(tokens)) {
    if (token[1] !== ",") found.push([String(found.length), node(tokens, token)]);
  }
  return found;
}
