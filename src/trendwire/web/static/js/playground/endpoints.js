// The choice of an endpoint: a list beside the form where there is room, else one field.

import { html } from "../../vendor/htm/standalone.module.js";

export function Endpoints({ groups, chosen, onChoose }) {
  const follow = (event, name) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
    event.preventDefault();
    onChoose(name);
  };
  return html`
    <nav class="endpoints many" aria-label="Endpoints">
      ${groups.map((group) => html`
        <h2>${group.name}</h2>
        <ul>
          ${group.endpoints.map((one) => html`<li key=${one.name}>
            <a href=${`?endpoint=${one.name}`} aria-current=${one === chosen ? "true" : null}
              onClick=${(event) => follow(event, one.name)}>
              <span>${one.summary}</span><small>${one.cost ? `${one.cost} credits` : "free"}</small></a>
          </li>`)}
        </ul>`)}
    </nav>
    <p class="endpoints one field">
      <label for="endpoint">Endpoint</label>
      <select id="endpoint" value=${chosen.name} onChange=${(event) => onChoose(event.target.value)}>
        ${groups.map((group) => html`<optgroup label=${group.name}>
          ${group.endpoints.map((one) => html`<option value=${one.name}>${one.summary}</option>`)}
        </optgroup>`)}
      </select>
    </p>
  `;
}
