// The typed form of an endpoint's parameters, and the field for the key.

import { html, useEffect, useRef, useState } from "../../vendor/htm/standalone.module.js";
import { check } from "./state.js";
import { Words } from "./words.js";

/** `strict`: also say what is missing before its field was left. */
export function Parameters({ offer, values, strict, onChange, onReset }) {
  return html`
    <fieldset class="rows">
      <legend>Parameters</legend>
      ${offer.parameters.map((row) => html`<${Parameter} key=${`${offer.name} ${row.name}`} row=${row}
        text=${values[row.name]} strict=${strict} onChange=${(text) => onChange(row.name, text)} />`)}
      <p class="bar"><button type="button" class="slim" onClick=${onReset}>Back to the defaults</button></p>
    </fieldset>
  `;
}

function Parameter({ row, text, strict, onChange }) {
  const [left, setLeft] = useState(false);
  const id = `p-${row.name}`;
  const { error, note } = check(row, text);
  const told = error && (strict || left || text.trim() !== "") ? error : null;
  const described = [`${id}-hint`, ...(told || note ? [`${id}-told`] : [])].join(" ");
  const common = {
    id,
    "aria-describedby": described,
    "aria-invalid": told ? "true" : null,
    "aria-required": row.required ? "true" : null,
    onBlur: () => setLeft(true),
  };
  return html`
    <div class="field">
      <label for=${id}><code>${row.name}</code>
        ${row.required && html`<span class="badge warm">required</span>`}
        <span class="hint">${kind(row)}</span></label>
      ${row.options.length
        ? html`<${Choice} row=${row} text=${text} common=${common} onChange=${onChange} />`
        : html`<input ...${common} value=${text} onInput=${(event) => onChange(event.target.value)} spellcheck="false"
            autocomplete="off" autocapitalize="none" inputmode=${row.rule === "whole" ? "numeric" : null}
            placeholder=${row.default === null ? (row.required ? `such as ${row.example}` : "not sent") : null} />`}
      <p id=${`${id}-told`} class=${told ? "error" : "hint counts"} role="status">${told ? `${row.name} ${told}.` : note ? `${sentence(note)}.` : ""}</p>
      <p class="hint" id=${`${id}-hint`}><${Words} text=${row.description} /></p>
    </div>
  `;
}

function Choice({ row, text, common, onChange }) {
  return html`<select ...${common} value=${text} onChange=${(event) => onChange(event.target.value)}>
    ${row.default === null && html`<option value="">${row.required ? "choose one" : "not sent"}</option>`}
    ${row.options.map((one) => html`<option value=${one.value}>${one.label}</option>`)}
  </select>`;
}

/** Type, bounds and default in words. */
function kind(row) {
  return [row.type, row.limits, row.default === null ? "" : `default ${row.default}`].filter(Boolean).join(", ");
}

function sentence(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** The key's own field. Its text is a property of the input, never an attribute, and no state holds it. */
export function KeyField({ box, seen, missing, input, onSeen }) {
  const [shown, setShown] = useState(false);
  const own = useRef(null);
  const field = input ?? own;
  useEffect(() => {
    field.current.value = box.text;
  }, []);
  const act = (change) => {
    change();
    onSeen();
  };
  const forget = () => {
    box.forget();
    field.current.value = "";
    field.current.focus();
  };
  const wrong = missing && !seen.present;
  return html`
    <fieldset class="rows">
      <legend>Key</legend>
      <div class="field">
        <label for="key">API key</label>
        <div class="with-button">
          <input id="key" ref=${field} type=${shown ? "text" : "password"} autocomplete="off" autocapitalize="none"
            spellcheck="false" aria-describedby="key-told key-hint" aria-invalid=${wrong ? "true" : null}
            onInput=${(event) => act(() => box.take(event.target.value))} />
          <button type="button" aria-pressed=${String(shown)} onClick=${() => setShown(!shown)}>${shown ? "Hide" : "Show"}</button>
        </div>
        <p id="key-told" class=${wrong ? "error" : `hint ${seen.doubt ? "counts" : ""}`} role="status">${told(seen, wrong)}</p>
      </div>
      <div class="field check">
        <input type="checkbox" id="keep" checked=${box.kept} onChange=${(event) => act(() => box.keep(event.target.checked))} />
        <label for="keep">Keep it in this tab until it is closed</label>
      </div>
      ${seen.present && html`<p class="bar"><button type="button" class="slim" onClick=${() => act(forget)}>Forget the key</button></p>`}
      <p class="hint" id="key-hint">No key yet? <code>trendwire keys create --name you</code> makes one; a demo prints one when
        it starts. Test keys (<code>sk_test_…</code>) are answered from sample data, free of charge. The key stays in
        this page's memory; links, history and copied code leave it out.</p>
      ${!safe() && html`<p class="note bad">This page came over plain HTTP from another machine: a key sent from here
        can be read on the way.</p>`}
    </fieldset>
  `;
}

function told(seen, wrong) {
  if (wrong) return "A key is needed to send.";
  if (seen.doubt) return seen.doubt;
  if (!seen.present) return "";
  return seen.test ? "A test key: answered from sample data, free of charge." : "This looks like a whole key.";
}

function safe() {
  return window.isSecureContext;
}
