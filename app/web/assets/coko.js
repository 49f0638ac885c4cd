// Comforts only: without this file every page works, with one click more.
"use strict";

// A chosen date is shown at once; without a script there is a button.
for (const field of document.querySelectorAll(".days input[type=date]")) {
  field.form.classList.add("quick");
  field.addEventListener("change", () => field.validity.valid && field.form.requestSubmit());
}

// The figures under the pointer, or under the arrow keys, stand above the chart instead of in a late tooltip.
for (const chart of document.querySelectorAll("svg.chart")) {
  const hints = [...chart.querySelectorAll(".hint")];
  if (hints.length === 0) continue;
  const said = hints.map((hint) => {
    const title = hint.querySelector("title");
    title.remove();
    return title.textContent;
  });
  const line = document.createElement("p");
  line.className = "readout";
  line.setAttribute("role", "status");
  chart.before(line);
  let at = hints.length - 1;
  const show = (index) => {
    hints[at].classList.remove("on");
    at = Math.min(hints.length - 1, Math.max(0, index));
    hints[at].classList.add("on");
    line.textContent = said[at];
  };
  show(at);
  hints.forEach((hint, index) => hint.addEventListener("pointerenter", () => show(index)));
  chart.addEventListener("pointerleave", () => show(hints.length - 1));
  chart.tabIndex = 0;
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -hints.length, End: hints.length }[event.key];
    if (step) { show(at + step); event.preventDefault(); }
  });
}
