// What a call gave, or before it the sample: status, time, credits, body as tree and raw, headers, fields.

import { html, useEffect, useMemo, useState } from "../../vendor/htm/standalone.module.js";
import { parsed, pointed } from "./json.js";
import { explained } from "./request.js";
import { Tabs } from "./tabs.js";
import { Tree } from "./tree.js";
import { Words, copied } from "./words.js";

export function Result({ offer, outcome, busy, heading, onTold, onNext }) {
  const [view, setView] = useState("tree");
  const text = outcome ? (outcome.text ?? "") : offer.sample;
  const tabs = [["tree", "Body"], ["raw", "Raw"], ...(outcome?.headers ? [["headers", "Headers"]] : []), ["fields", "Fields"]];
  const chosen = tabs.some(([id]) => id === view) ? view : "tree";
  const copy = async () => onTold((await copied(text)) ? "Body copied." : "The browser did not let us copy.");
  return html`
    <section class="card" aria-labelledby="response-name" aria-busy=${String(busy)}>
      <div class="headed"><h2 id="response-name" ref=${heading}>${outcome ? "Response" : "Sample response"}</h2>
        ${text && html`<button type="button" class="slim" onClick=${copy}>Copy body</button>`}
      </div>
      ${outcome ? html`<${Told} outcome=${outcome} /><${Onwards} outcome=${outcome} onNext=${onNext} />` : html`<p class="quiet">Made up, in the shape of a real one. Send the request to see yours.</p>`}
      <${Tabs} name="response" label="Response as" tabs=${tabs} chosen=${chosen} onChoose=${setView}>
        ${chosen === "tree" && html`<${Body} text=${text} />`}
        ${chosen === "raw" && html`<pre class="wrapped" tabindex="0" role="region" aria-label="Raw body"><code>${text || "(no body)"}</code></pre>`}
        ${chosen === "headers" && html`<${Headers} pairs=${outcome.headers} />`}
        ${chosen === "fields" && html`<${Fields} fields=${offer.fields} />`}
      <//>
    </section>
  `;
}

/** The figures of an outcome, and what to do where it went wrong. */
function Told({ outcome }) {
  const { good, title, words, said } = explained(outcome);
  const figures = [
    ["Status", outcome.failed ? title : `${outcome.status} ${outcome.statusText || title}`],
    ["Time", `${Math.round(outcome.ms)} ms`],
    ["Credits charged", outcome.cost?.toLocaleString("en")],
    ["Credits left", outcome.left?.toLocaleString("en")],
  ].filter(([, value]) => value !== undefined);
  return html`
    <dl class="figures">${figures.map(([name, value], n) => html`<div key=${name}><dt>${name}</dt>
      <dd class=${n ? "" : good ? "up" : "down"}>${value}</dd></div>`)}</dl>
    ${!good && html`<div class="note bad"><p><strong>${title}.</strong> <${Words} text=${words} />
      ${outcome.retryAt && html` <${Countdown} key=${outcome.retryAt} until=${outcome.retryAt} />`}</p>
      ${said && html`<p>The server said: <bdi>${said}</bdi></p>`}</div>`}
    ${outcome.rate && html`<p class="quiet small">${outcome.rate}.</p>`}
  `;
}

/** From the first row of a chart to its detail. */
function Onwards({ outcome, onNext }) {
  const next = outcome.status === 200 ? outcome.offer.next : null;
  const name = useMemo(() => next && pointed(parsed(outcome.text), next.pointer), [outcome]);
  if (!name) return null;
  return html`<p><button type="button" class="slim" onClick=${() => onNext(next.endpoint, { [next.parameter]: name })}>
    Ask for the first row in detail: <bdi>${name}</bdi></button></p>`;
}

/** Counts down in words until the next try makes sense. */
function Countdown({ until }) {
  const seconds = () => Math.ceil((until - performance.now()) / 1000);
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setLeft(seconds()), 250);
    return () => clearInterval(timer);
  }, []);
  return left > 0 ? html`<strong>Send again in ${left} s.</strong>` : html`<strong>You can send again now.</strong>`;
}

function Body({ text }) {
  const isJson = useMemo(() => {
    try {
      return Boolean(parsed(text));
    } catch {
      return false;
    }
  }, [text]);
  if (isJson) return html`<${Tree} text=${text} label="Body" />`;
  return html`<p class="quiet">${text ? "The body is no JSON; see it raw." : "There is no body."}</p>`;
}

function Headers({ pairs }) {
  return html`<table class="plain"><caption>Headers of the response</caption><tbody>
    ${pairs.map(([name, value]) => html`<tr key=${name}><th scope="row"><code>${name}</code></th><td><bdi>${value}</bdi></td></tr>`)}
  </tbody></table>`;
}

function Fields({ fields }) {
  return html`<div class="scroll tall" tabindex="0" role="region" aria-label="Fields of the reply"><table class="told-fields">
    <thead><tr><th scope="col">Field</th><th scope="col">Meaning</th></tr></thead>
    <tbody>${fields.map((one) => html`<tr key=${one.path}>
      <th scope="row"><code>${one.path}</code><br />${one.type}${one.unit && ` · ${one.unit}`}</th>
      <td><${Words} text=${one.meaning} /></td></tr>`)}</tbody>
  </table></div>`;
}
