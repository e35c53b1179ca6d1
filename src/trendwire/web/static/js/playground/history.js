// The calls of this page's life, newest first: in memory alone, gone with the page.

import { html } from "../../vendor/htm/standalone.module.js";
import { target } from "./state.js";

const MOST = 30;

/** The list with one more call. */
export function remembered(calls, outcome, at) {
  const number = (calls[0]?.number ?? 0) + 1;
  return [{ number, outcome, at }, ...calls].slice(0, MOST);
}

export function History({ calls, onRestore, onClear }) {
  return html`
    <section class="card" aria-labelledby="history-name">
      <div class="headed"><h2 id="history-name">History</h2>
        ${calls.length > 0 && html`<button type="button" class="slim" onClick=${onClear}>Clear</button>`}
      </div>
      ${calls.length === 0
        ? html`<p class="quiet">Calls that you send are listed here until you leave the page.</p>`
        : html`<ol class="calls">${calls.map((one) => html`<${Call} key=${one.number} call=${one} onRestore=${onRestore} />`)}</ol>`}
    </section>
  `;
}

function Call({ call, onRestore }) {
  const { outcome, at } = call;
  const good = outcome.status < 300;
  return html`<li><button type="button" onClick=${() => onRestore(call)} title="Bring the form and the reply back">
    <span class=${good ? "badge good" : "badge bad"}>${outcome.status ?? outcome.failed}</span>
    <span class="what"><span>${outcome.offer.summary}</span><code><bdi>${target(outcome.offer, outcome.values)}</bdi></code></span>
    <small class="quiet">${at.toLocaleTimeString()}, ${Math.round(outcome.ms)} ms</small>
  </button></li>`;
}
