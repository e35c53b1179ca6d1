// Puts a button where `data-copies` names an element, to copy that element's text.

for (const place of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue;
  const button = document.createElement("button");
  const told = document.createElement("span");
  told.role = "status";
  button.type = "button";
  button.className = "primary";
  button.textContent = "Copy the key";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(place.dataset.copies).textContent);
      told.textContent = " Copied.";
    } catch {
      told.textContent = " The browser did not let it: select and copy it by hand.";
    }
  });
  place.append(button, told);
}
