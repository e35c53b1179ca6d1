// Buttons that copy: `data-copy="#id"` the text of an element, `data-copy-url` the text at an address of this server.
// What became of it is said where screen readers hear it. Buttons that are `hidden` are shown: a script runs.

const PATIENCE = 2000;

const said = document.createElement("p");
said.className = "unseen";
said.setAttribute("aria-live", "polite");
document.body.append(said);

for (const button of document.querySelectorAll("[data-copy], [data-copy-url]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy], [data-copy-url]");
  if (button) copied(button);
});

async function copied(button) {
  const label = (button.dataset.label ??= button.textContent);
  try {
    await written(button.dataset.copyUrl ? fetched(button.dataset.copyUrl) : Promise.resolve(textOf(button)));
    tell(button, label, "Copied");
  } catch {
    tell(button, label, "Not copied");
  }
}

function textOf(button) {
  const source = document.querySelector(button.dataset.copy);
  return "value" in source ? source.value : source.textContent;
}

async function fetched(address) {
  const reply = await fetch(address);
  if (!reply.ok) throw new Error(`${reply.status}`);
  return reply.text();
}

// The clipboard is asked at once, with a promise of the text: browsers want it within the click.
async function written(text) {
  if (!navigator.clipboard) return selected(await text);
  if (!globalThis.ClipboardItem) return navigator.clipboard.writeText(await text);
  const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

// Without https, browsers give no clipboard but for what is selected.
function selected(text) {
  const field = document.createElement("textarea");
  field.className = "unseen";
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("refused");
}

function tell(button, label, words) {
  button.textContent = said.textContent = words;
  setTimeout(() => {
    button.textContent = label;
    said.textContent = "";
  }, PATIENCE);
}
