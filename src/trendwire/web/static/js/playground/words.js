// Text as the documents write it: what stands between backticks is text of machines.

import { html } from "../../vendor/htm/standalone.module.js";

export function Words({ text }) {
  return text.split("`").map((part, n) => (n % 2 ? html`<code key=${n}>${part}</code>` : part));
}

/** "8 credits", "1 credit", "nothing". */
export function credits(count) {
  return count === 0 ? "nothing" : `${count.toLocaleString("en")} credit${count === 1 ? "" : "s"}`;
}

/** Puts a text on the clipboard, also where the browser has no clipboard for pages without TLS. */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text);
  }
}

function copiedByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus();
  return done;
}
