// The one place that holds the key: in memory, and for the session of this tab if its owner says so.
// It is handed to the call and to the clipboard, and is written into no page, link, list or title.

const PLACE = "trendwire.playground.key";

export class KeyBox {
  #text = "";
  #kept = false;
  #shape;

  constructor(shape) {
    this.#shape = shape;
    this.#text = stored("getItem") ?? "";
    this.#kept = this.#text !== "";
  }

  get text() {
    return this.#text;
  }

  get kept() {
    return this.#kept;
  }

  /** Takes what was typed or pasted. */
  take(text) {
    this.#text = text.trim();
    this.#store();
  }

  /** Whether the tab's session storage may have it. */
  keep(kept) {
    this.#kept = kept;
    this.#store();
  }

  forget() {
    this.#text = "";
    this.#kept = false;
    this.#store();
  }

  #store() {
    if (this.#kept && this.#text) stored("setItem", this.#text);
    else stored("removeItem");
  }

  /** What may be shown of it: {present, test, masked, doubt}; `doubt`: in words, why it cannot be a whole key. */
  get seen() {
    const { live, test, length } = this.#shape;
    const prefix = [live, test].find((one) => this.#text.startsWith(one)) ?? "";
    const rest = this.#text.slice(prefix.length);
    const right = prefix !== "" && rest.length === length && /^[0-9A-Za-z]+$/.test(rest);
    return {
      present: this.#text !== "",
      test: prefix === test,
      masked: this.#text ? `${prefix}••••••••` : "",
      doubt: this.#text && !right ? doubt(prefix, rest, this.#shape) : "",
    };
  }
}

function doubt(prefix, rest, shape) {
  if (!prefix) return `Keys start with ${shape.live} or ${shape.test}.`;
  return `After ${prefix}, a key has ${shape.length} letters and digits; this has ${rest.length} characters.`;
}

/** Session storage, where the browser lets us. */
function stored(action, ...text) {
  try {
    return sessionStorage[action](PLACE, ...text);
  } catch {
    return null;
  }
}
