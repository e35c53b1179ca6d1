// The call as code. The key stands in an environment variable, unless its owner wants it in the copy.

import { credential } from "./request.js";
import { sent, target } from "./state.js";

export const LANGUAGES = [
  ["curl", "cURL"],
  ["python", "Python"],
  ["javascript", "JavaScript"],
];

/** The text in one of LANGUAGES. `variable` names where the key is; `key`, if given, is written out instead. */
export function snippet(language, offer, values, origin, variable, key = null) {
  return { curl, python, javascript }[language](offer, values, origin, variable, key);
}

function curl(offer, values, origin, variable, key) {
  const header = `${offer.header}: ${credential(offer, key ?? `$${variable}`)}`;
  return [
    `curl --request ${offer.method} \\`,
    `  --url ${quoted(origin + target(offer, values))} \\`,
    `  --header ${key === null ? `"${header}"` : quoted(header)}`,
  ].join("\n");
}

/** A word for a shell. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function python(offer, values, origin, variable, key) {
  const params = Object.fromEntries(sent(offer, values, "query"));
  const secret = key === null ? `f"${credential(offer, `{os.environ['${variable}']}`)}"` : JSON.stringify(credential(offer, key));
  return [
    ...(key === null ? ["import os", ""] : []),
    "import requests",
    "",
    `response = requests.${offer.method.toLowerCase()}(`,
    `    ${JSON.stringify(origin + path(offer, values))},`,
    ...(Object.keys(params).length ? [`    params=${literal(params)},`] : []),
    `    headers={"${offer.header}": ${secret}},`,
    "    timeout=10,",
    ")",
    "response.raise_for_status()",
    "print(response.json())",
  ].join("\n");
}

function javascript(offer, values, origin, variable, key) {
  const params = Object.fromEntries(sent(offer, values, "query"));
  const some = Object.keys(params).length > 0;
  const secret = key === null ? `\`${credential(offer, `\${process.env.${variable}}`)}\`` : JSON.stringify(credential(offer, key));
  return [
    ...(some ? [`const params = new URLSearchParams(${literal(params)});`] : []),
    `const response = await fetch(\`${origin}${path(offer, values)}${some ? "?${params}" : ""}\`, {`,
    `  headers: { "${offer.header}": ${secret} },`,
    "});",
    "console.log(await response.json());",
  ].join("\n");
}

function path(offer, values) {
  return target(offer, values).split("?")[0];
}

/** An object of texts, as both languages write it. */
function literal(params) {
  const pairs = Object.entries(params).map(([name, text]) => `${JSON.stringify(name)}: ${JSON.stringify(text)}`);
  return `{${pairs.join(", ")}}`;
}
