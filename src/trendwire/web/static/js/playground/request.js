// Sends a call, reads what its reply says of itself, and puts what went wrong into plain words.

import { target } from "./state.js";

/** The value of the header that carries a key. */
export function credential(offer, key) {
  return offer.scheme ? `${offer.scheme} ${key}` : key;
}

/**
 * Sends it. Never throws: what kept it from an answer is `failed` ("aborted", "unsendable", "network").
 * The key goes into its header and nowhere else; nothing is cached, and no redirect is followed with it.
 */
export async function send(offer, values, key, signal) {
  const start = performance.now();
  const asked = { offer, values };
  let headers;
  try {
    headers = new Headers({ [offer.header]: credential(offer, key), Accept: "application/json" });
  } catch {
    return { ...asked, failed: "unsendable", ms: 0 };
  }
  try {
    const reply = await fetch(target(offer, values), {
      method: offer.method,
      headers,
      signal,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
    const text = await reply.text();
    return { ...asked, ...read(reply), text, ms: performance.now() - start };
  } catch {
    return { ...asked, failed: signal.aborted ? "aborted" : "network", ms: performance.now() - start };
  }
}

function read(reply) {
  const number = (name) => (/^\d+$/.test(reply.headers.get(name) ?? "") ? Number(reply.headers.get(name)) : null);
  return {
    status: reply.status,
    statusText: reply.statusText,
    headers: [...reply.headers],
    cost: number("x-credits-cost"),
    left: number("x-credits-remaining"),
    retryAt: reply.headers.has("retry-after") ? performance.now() + number("retry-after") * 1000 : null,
    rate: rate(reply.headers),
  };
}

/** What the RateLimit fields say: "49 of 50 requests left in this second". */
function rate(headers) {
  const left = /;r=(\d+)/.exec(headers.get("ratelimit") ?? "");
  const quota = /;q=(\d+)/.exec(headers.get("ratelimit-policy") ?? "");
  return left && quota ? `${left[1]} of ${quota[1]} requests left in this second` : null;
}

const FAILED = {
  aborted: ["Stopped", "You stopped this call. If the server had answered already, it may have been charged."],
  unsendable: ["Not sent", "The key holds characters that no key has. Copy it once more, and only it."],
  network: [
    "No answer",
    "The server could not be reached. Is it still running? Look at the terminal where it was started, then send again.",
  ],
};

const REFUSED = {
  400: ["A parameter is not accepted", () => "Correct the parameter that the server names, and send again."],
  401: [
    "The key is not accepted",
    () => "The server does not know this key, or it was revoked. Copy it whole, or make one: `trendwire keys create --name you`.",
  ],
  402: ["Not enough credits", broke],
  403: ["Not allowed", () => "This key may not use this endpoint, or not from this address. Its owner can change that: `trendwire keys change`."],
  404: ["Not found", () => "The server knows nothing under this name or number. Take a name from one of its charts."],
  410: ["Edition no longer kept", () => "Leave the parameter edition empty to read from the current one."],
  429: ["Too many requests", () => "The key made more requests in this second than it may. Nothing was charged."],
  500: ["The server failed", () => "That is not your fault. Its log has the reason under the request id in the headers."],
  503: ["Not ready", () => "The server has nothing to serve yet, or too much to do. Try again in a moment."],
};

function broke({ offer, left }) {
  const has = left === null ? "" : `, and the account has ${left}`;
  return `This call costs ${offer.cost} credits${has}. Grant it more: \`trendwire accounts grant\`.`;
}

/** {good, title, words}: how it went. */
export function explained(outcome) {
  if (outcome.failed) {
    const [title, words] = FAILED[outcome.failed];
    return { good: false, title, words };
  }
  if (outcome.status < 300) return { good: true, title: "Success", words: "" };
  const [title, words] = REFUSED[outcome.status] ?? ["Refused", () => "The server refused this call."];
  return { good: false, title, words: words(outcome), said: said(outcome.text) };
}

/** What the server itself said in the body of a refusal. */
function said(text) {
  try {
    const { message, msg } = JSON.parse(text);
    return message ?? msg ?? "";
  } catch {
    return "";
  }
}
