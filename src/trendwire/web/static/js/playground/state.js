// What the form holds, what a link says of it, and what is wrong with a value. Pure; no key ever comes here.
// The rules are those by which the server reads the same texts; the document names one for each parameter.

const KEY = /sk_[a-z]{1,16}_[0-9a-z]+/i;
const MOST_DECODED = 3;
const LONGEST = 500;

/** Whether a text holds what looks like a key, percent-encoded or not: it must get into no link and no history. */
export function holdsKey(text) {
  let plain = text;
  for (let n = 0; n < MOST_DECODED; n += 1) plain = decoded(plain);
  return KEY.test(plain);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Percent-encoded for any place of a URL and within any quotes of a shell. */
export function encoded(text) {
  const whole = text.replace(/[\ud800-\udfff]/gu, "\ufffd");
  return encodeURIComponent(whole).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The values of a form that nobody touched: name -> text. */
export function untouched(offer) {
  return Object.fromEntries(offer.parameters.map((one) => [one.name, one.default ?? ""]));
}

/** The text of a parameter; what looks like a key, put into the wrong field, counts as nothing. */
function given(row, values) {
  const text = values[row.name].trim();
  return holdsKey(text) ? "" : text;
}

/** The parameters that are sent, in order: [name, text]. An empty one is not. */
export function sent(offer, values, place) {
  return offer.parameters
    .filter((one) => one.place === place && given(one, values) !== "")
    .map((one) => [one.name, given(one, values)]);
}

/** Path and query of the call, percent-encoded. */
export function target(offer, values) {
  let path = offer.path;
  for (const one of offer.parameters.filter((row) => row.place === "path")) {
    const text = given(one, values);
    path = path.replace(`{${one.name}}`, text ? encoded(text) : `{${one.name}}`);
  }
  const query = sent(offer, values, "query").map(([name, text]) => `${name}=${encoded(text)}`);
  return query.length ? `${path}?${query.join("&")}` : path;
}

/** The query of a link to this state of the form: what differs from the untouched one, and never a key. */
export function link(offer, values) {
  const changed = offer.parameters
    .map((one) => [one.name, given(one, values), one.default])
    .filter(([, text, usual]) => text && text !== usual && text.length <= LONGEST);
  return [["endpoint", offer.name], ...changed].map(([name, text]) => `${name}=${encoded(text)}`).join("&");
}

/** The query of a link without what holds a key. */
export function withoutKeys(search) {
  const pairs = [...new URLSearchParams(search)].filter((pair) => !pair.some(holdsKey));
  return `?${new URLSearchParams(pairs)}`;
}

/** What a link asks for: {offer, values, told}; `told`: in words, what of it cannot be followed. */
export function fromLink(search, offers) {
  const query = new URLSearchParams(search);
  const named = query.get("endpoint");
  const offer = offers.find((one) => one.name === named) ?? offers[0];
  const told = [];
  if (named !== null && offer.name !== named) {
    told.push("The link names an endpoint that this server does not have. Here is another one.");
    return { offer, values: untouched(offer), told };
  }
  const values = untouched(offer);
  for (const name of new Set(query.keys())) {
    if (name === "endpoint") continue;
    const row = offer.parameters.find((one) => one.name === name);
    const problem = row ? taken(row, query.get(name).trim(), values) : "is no parameter of this endpoint";
    if (problem) told.push(`${shown(name)} ${problem}, and was left out.`);
  }
  return { offer, values, told };
}

/** Puts the text of a link into the values; answers in words why it cannot. */
function taken(row, text, values) {
  if (!text) return null;
  if (text.length > LONGEST) return "is too long for a link";
  if (holdsKey(text)) return "holds what looks like a key";
  const { error } = check(row, text);
  if (error && row.options.length) return error;
  values[row.name] = row.options.length ? (option(row, text)?.value ?? text) : text;
  return null;
}

function shown(name) {
  return holdsKey(name) || name.length > 60 ? "Something" : name;
}

/** What is wrong with a text ({error}), or how it will be understood ({note}); {} when there is nothing to say. */
export function check(row, raw) {
  const text = raw.trim();
  if (!text) return row.required ? { error: "is required" } : emptied(row);
  if (holdsKey(text)) return { error: "looks like a key, which belongs into the field for keys alone" };
  if (row.place === "path" && /^\.{1,2}$/.test(text)) return { error: "cannot be sent by a browser" };
  if (row.rule === "whole") return whole(row, text);
  if (row.rule === "hashtag") return hashtag(row, text);
  if (!row.options.length) return {};
  const found = option(row, text);
  if (!found) return { error: row.accepted };
  return found.also?.includes(text) ? { note: `counts as ${found.label}` } : {};
}

function emptied(row) {
  return row.default === null ? {} : { note: `left empty, it counts as ${row.default}` };
}

function whole(row, text) {
  const match = /^(-?)0*([0-9]+)$/.exec(text);
  if (!match) return { error: row.accepted };
  const low = match[1] !== "" || BigInt(match[2]) < BigInt(row.least);
  if (low) return row.raised ? { note: `counts as ${row.least}` } : { error: row.accepted };
  return row.most !== null && BigInt(match[2]) > BigInt(row.most) ? { note: `counts as ${row.most}` } : {};
}

function hashtag(row, text) {
  const name = text.normalize("NFKC").replace(/^[\s#]+/, "").trimEnd();
  return !name || name.startsWith("@") || /\s/.test(name) ? { error: row.accepted } : {};
}

/** The value of the list that a text means. */
function option(row, text) {
  const plain = row.rule === "industry" ? text.replace(/^0+(?=\d)/, "") : text;
  const found = row.options.find((one) => one.value.toLowerCase() === plain.toLowerCase());
  return found ?? row.options.find((one) => one.also?.includes(plain));
}

/** The parameters that keep a call from being sent: [name, words]. */
export function problems(offer, values) {
  return offer.parameters
    .map((one) => [one.name, check(one, values[one.name]).error])
    .filter(([, words]) => words);
}
