// What a script adds to the explorer: a choice shows at once, a curve tells its values under the pointer and by arrow keys.

for (const form of document.querySelectorAll("form[data-choices]")) {
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) form.requestSubmit();
  });
  // An address says only what was chosen.
  form.addEventListener("formdata", (event) => {
    for (const [name, text] of [...event.formData]) if (text === "" || text === "ALL") event.formData.delete(name);
  });
}

for (const curve of document.querySelectorAll("svg[data-curve]")) {
  const spots = [...curve.querySelectorAll("rect")];
  const told = curve.closest("section").querySelector("[data-told]");
  let at = -1;
  const show = (number) => {
    if (at >= 0) spots[at].classList.remove("at");
    at = Math.min(Math.max(number, 0), spots.length - 1);
    spots[at].classList.add("at");
    told.textContent = spots[at].textContent;
  };
  curve.addEventListener("pointerover", (event) => {
    const number = spots.indexOf(event.target);
    if (number >= 0) show(number);
  });
  curve.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -spots.length, End: spots.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(at < 0 && step < 0 && event.key !== "Home" ? spots.length - 1 : at + step);
  });
}
