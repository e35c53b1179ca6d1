// JSON as a tree to walk through: arrow keys move, right and left open and close, Home and End go to the ends.

import { html, useMemo, useRef, useState } from "../../vendor/htm/standalone.module.js";
import { parsed } from "./json.js";

const USUAL_ROWS = 60;
const MOST_ROWS = 5000;

/** The nodes to open, level by level, until about `most` rows are seen. `first`: only the first of each list. */
function openedUpTo(root, most, first) {
  const opened = new Set();
  const waiting = [root];
  let seen = 1;
  while (waiting.length) {
    const node = waiting.shift();
    if (!node.children.length || (opened.size && seen + node.children.length > most)) continue;
    opened.add(node);
    seen += node.children.length;
    const inner = node.children.map(([, child]) => child);
    waiting.push(...(first && node.kind === "array" ? inner.slice(0, 1) : inner));
  }
  return opened;
}

/** The rows that are seen, from top to bottom. */
function seenRows(root, opened) {
  const rows = [];
  const walk = (name, node, level, place, size, above) => {
    const at = rows.push({ name, node, level, place, size, above }) - 1;
    if (opened.has(node)) node.children.forEach(([key, child], n) => walk(key, child, level + 1, n + 1, node.children.length, at));
  };
  walk("", root, 1, 1, 1, null);
  return rows;
}

export function Tree({ text, label }) {
  const root = useMemo(() => parsed(text), [text]);
  const [shown, setShown] = useState({ root: null, opened: null });
  const opened = shown.root === root ? shown.opened : openedUpTo(root, USUAL_ROWS, true);
  const focused = useRef(root);
  const list = useRef(null);
  const rows = seenRows(root, opened);
  const at = Math.max(0, rows.findIndex((row) => row.node === focused.current));

  const show = (next) => setShown({ root, opened: next });
  const turn = (node) => {
    if (!node.children.length) return;
    const next = new Set(opened);
    if (!next.delete(node)) next.add(node);
    show(next);
  };
  const go = (to) => {
    list.current.children[rows.findIndex((row) => row.node === focused.current)]?.setAttribute("tabindex", "-1");
    focused.current = rows[to].node;
    list.current.children[to].setAttribute("tabindex", "0");
    list.current.children[to].focus();
  };
  const press = (event) => {
    const here = rows.findIndex((row) => row.node === focused.current);
    const to = keyed(event, rows, Math.max(0, here), opened);
    if (to === null) return;
    event.preventDefault();
    if (typeof to === "number") go(to);
    else turn(to);
  };
  return html`
    <p class="bar">
      <button type="button" class="slim" onClick=${() => show(openedUpTo(root, MOST_ROWS, false))}>Open all</button>
      <button type="button" class="slim" onClick=${() => show(new Set([root]))}>Close all</button>
    </p>
    <div class="tree" role="tree" aria-label=${label} ref=${list} onKeyDown=${press}>
      ${rows.map((row, n) => html`<${Row} key=${n} row=${row} open=${opened.has(row.node)} first=${n === at}
        onTurn=${() => { go(n); turn(row.node); }} />`)}
    </div>
  `;
}

/** Where a key leads: the number of a row, a node to open or close, or null. */
function keyed(event, rows, here, opened) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const { node, above } = rows[here];
  const isOpen = opened.has(node);
  const inner = node.children.length > 0;
  switch (event.key) {
    case "ArrowDown": return Math.min(here + 1, rows.length - 1);
    case "ArrowUp": return Math.max(here - 1, 0);
    case "Home": return 0;
    case "End": return rows.length - 1;
    case "ArrowRight": return inner && !isOpen ? node : Math.min(here + (inner ? 1 : 0), rows.length - 1);
    case "ArrowLeft": return isOpen ? node : (above ?? here);
    case "Enter":
    case " ": return inner ? node : here;
    default: return null;
  }
}

function Row({ row, open, first, onTurn }) {
  const { name, node, level, place, size } = row;
  const inner = node.children.length > 0;
  return html`<div role="treeitem" class=${inner ? "inner" : "leaf"} aria-level=${level} aria-posinset=${place}
    aria-setsize=${size} aria-expanded=${inner ? String(open) : null} tabindex=${first ? 0 : -1}
    style=${{ "--level": level - 1 }} onClick=${onTurn}
    >${name !== "" && html`<span class="name"><bdi>${name}</bdi></span>`}<${Value} node=${node} open=${open} /></div>`;
}

function Value({ node, open }) {
  const count = node.children.length;
  if (node.kind === "object") return html`<span class="kind">${open ? "{" : `{ ${count} ${count === 1 ? "field" : "fields"} }`}</span>`;
  if (node.kind === "array") return html`<span class="kind">${`list of ${count}`}</span>`;
  if (node.kind === "string") return html`<span class="string"><bdi>${JSON.stringify(node.text)}</bdi></span>`;
  return html`<span class=${node.kind}>${node.text}</span>`;
}
