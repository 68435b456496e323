// The page of a briefing: its send slot in words, and the rows of its section template.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("briefing_form");
  if (!form) return;
  form.addEventListener("submit", () => window.newsroomAdmin?.fillForm?.(form), true);

  const { slot_weekday: weekday, slot_time: time } = form.elements;
  const words = form.querySelector("[data-slot-words]");
  const showSlot = () => (words.value = time.value ? `Every ${weekday.selectedOptions[0].text} at ${time.value.slice(0, 5)}` : "");
  if (words && weekday && time) {
    for (const field of [weekday, time]) field.addEventListener("input", showSlot);
    showSlot();
  }

  // The order is that of the page, so nobody has to number the sections.
  const hidePlace = (row) => row.querySelector("[data-place]")?.setAttribute("hidden", "");
  for (const row of form.querySelectorAll("[data-section]")) hidePlace(row);

  form.addEventListener("formset:added", ({ target }) => {
    if (!target.matches("[data-section]")) return;
    hidePlace(target);
    target.querySelector("details").open = true;
    showRow(target);
  });

  // A closed row says what is in it.
  const FIRST_WORDS = 12;
  function showRow(row) {
    const text = document.createElement("template");
    text.innerHTML = window.newsroomAdmin?.textOf?.(row.querySelector("[name$='-body']")) ?? "";
    const all = text.content.textContent.trim().split(/\s+/);
    row.querySelector("[data-kind]").textContent = row.querySelector("[name$='-kind']").selectedOptions[0].text;
    row.querySelector("[data-heading]").textContent = row.querySelector("[name$='-heading']").value;
    row.querySelector("[data-words]").textContent = all.slice(0, FIRST_WORDS).join(" ") + (all.length > FIRST_WORDS ? "…" : "");
  }
  for (const change of ["input", "newsroom:typed"]) {
    form.addEventListener(change, ({ target }) => {
      const row = target.closest?.("[data-section]");
      if (row) showRow(row);
    });
  }
});
