// The request before it is sent: as HTTP with the key masked, and as code to copy.

import { html, useState } from "../../vendor/htm/standalone.module.js";
import { credential } from "./request.js";
import { LANGUAGES, snippet } from "./snippets.js";
import { link, target } from "./state.js";
import { Tabs } from "./tabs.js";
import { copied } from "./words.js";

export function RequestView({ offer, values, box, seen, variable, onTold }) {
  const [view, setView] = useState("http");
  const [whole, setWhole] = useState(false);
  const { origin } = location;
  const text = view === "http" ? http(offer, values, seen) : snippet(view, offer, values, origin, variable);
  const copy = async () => {
    const key = whole && view !== "http" && box.text ? box.text : null;
    const plain = view === "http" ? text : snippet(view, offer, values, origin, variable, key);
    onTold((await copied(plain)) ? `Copied${key ? ", with your key in it" : ""}.` : "The browser did not let us copy.");
  };
  const share = async () => {
    const done = await copied(`${origin}${location.pathname}?${link(offer, values)}`);
    onTold(done ? "Link copied. It holds the form, not the key." : "The browser did not let us copy.");
  };
  return html`
    <section class="card" aria-labelledby="request-name">
      <div class="headed"><h2 id="request-name">Request</h2>
        <button type="button" class="slim" onClick=${share}>Copy link</button>
        <button type="button" class="slim" onClick=${copy}>Copy ${view === "http" ? "request" : LANGUAGES.find(([id]) => id === view)[1]}</button>
      </div>
      <${Tabs} name="request" label="Request as" tabs=${[["http", "HTTP"], ...LANGUAGES]} chosen=${view} onChoose=${setView}>
        <pre tabindex="0" role="region" aria-label="Request"><code>${text}</code></pre>
        ${view !== "http" && html`<div class="field check">
          <input type="checkbox" id="include" checked=${whole} disabled=${!seen.present} onChange=${(event) => setWhole(event.target.checked)} />
          <label for="include">Include the key when copying</label>
        </div>
        <p class="hint">${whole && seen.present
          ? "What you copy will hold your key in plain sight."
          : html`The key is read from the variable <code>${variable}</code>.`}</p>`}
      <//>
    </section>
  `;
}

function http(offer, values, seen) {
  const masked = credential(offer, seen.masked || "(your key)");
  return [`${offer.method} ${location.origin}${target(offer, values)}`, `${offer.header}: ${masked}`, "Accept: application/json"].join("\n");
}
