// Starts the API reference on the document that the page names. A key stays in this page's memory.

const place = document.getElementById("reference");
const dark = matchMedia("(prefers-color-scheme: dark)");
const KEY_HEADERS = ["authorization", "x-api-key"];

function follow() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

// Examples fill in the form: only what must be sent keeps one, or every call would be bound to an edition.
// Of the one server, which is this one, there is nothing to choose.
function asForm(told) {
  delete told.servers;
  for (const path of Object.values(told.paths)) {
    for (const operation of Object.values(path)) {
      for (const parameter of operation.parameters ?? []) {
        if (!parameter.required) delete parameter.example;
      }
    }
  }
  return told;
}

// The line for a shell is shown without the key.
function withoutKey(value, name) {
  return KEY_HEADERS.includes(name.toLowerCase()) ? value.replace(/\S+$/, "<key>") : value;
}

function keyless({ React }) {
  const curl = (Original) => (told) => {
    const request = told.request.update("headers", (headers) => headers?.map(withoutKey));
    return React.createElement(Original, { ...told, request });
  };
  // Browsers remember what was typed into fields, unless told not to.
  const Input = (Original) => (told) => React.createElement(Original, { ...told, autoComplete: "off" });
  // A link inside the button that opens an operation cannot be reached.
  const DeepLink = () => ({ text }) => React.createElement("span", null, text);
  return { wrapComponents: { curl, Input, DeepLink } };
}

// What is drawn as a second main part becomes a region of the first, choices get names, and the keyboard can
// scroll blocks of code.
const drawn = new MutationObserver(() => {
  for (const part of place.querySelectorAll("main:not([role])")) {
    part.setAttribute("role", "region");
    part.setAttribute("aria-label", "Operations");
  }
  for (const choice of place.querySelectorAll("select:not([aria-label])")) {
    choice.setAttribute("aria-label", choice.closest("tr")?.dataset.paramName ?? "Kind of answer");
  }
  for (const block of place.querySelectorAll("pre:not([tabindex])")) block.tabIndex = 0;
});

async function start() {
  const told = await (await fetch(place.dataset.document)).json();
  globalThis.SwaggerUIBundle({
    spec: asForm(told),
    domNode: place,
    presets: [globalThis.SwaggerUIBundle.presets.apis],
    plugins: [keyless],
    layout: "BaseLayout",
    deepLinking: true,
    persistAuthorization: false,
    validatorUrl: null,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    syntaxHighlight: { theme: "tomorrow-night" },
  });
}

dark.addEventListener("change", follow);
follow();
drawn.observe(place, { childList: true, subtree: true });
start().catch((error) => {
  place.textContent = `The document could not be read: ${error.message}`;
});
