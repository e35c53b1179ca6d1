// Tabs: one of a few views of the same thing; arrow keys move between them.

import { html, useRef } from "../../vendor/htm/standalone.module.js";

/** `tabs`: [id, text] of each. The chosen one's panel is `children`; `name` is unique on the page. */
export function Tabs({ name, label, tabs, chosen, onChoose, children }) {
  const list = useRef(null);
  const ids = tabs.map(([id]) => id);
  const move = (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -ids.indexOf(chosen), End: ids.length - 1 - ids.indexOf(chosen) };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const to = (ids.indexOf(chosen) + steps[event.key] + ids.length) % ids.length;
    onChoose(ids[to]);
    list.current.children[to].focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
      ${tabs.map(
        ([id, text]) => html`<button type="button" role="tab" key=${id} id=${`${name}-${id}`}
          aria-selected=${String(id === chosen)} aria-controls=${`${name}-panel`}
          tabindex=${id === chosen ? 0 : -1} onClick=${() => onChoose(id)}>${text}</button>`,
      )}
    </div>
    <div role="tabpanel" id=${`${name}-panel`} aria-labelledby=${`${name}-${chosen}`}>${children}</div>
  `;
}
