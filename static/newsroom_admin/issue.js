// The page of an issue: what the briefing suggests, what would not fit, what was refused.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-issue-form]");
  if (!form) return;
  form.querySelector("[data-refusal]")?.focus();

  // A headline is one line, however long.
  for (const name of ["title", "strapline"]) {
    form.elements[name].addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  }

  // Refused here, a paste gone wrong is still on the page; refused by the server, it might be gone.
  form.addEventListener("submit", (event) => {
    for (const area of form.querySelectorAll("textarea[data-limit]")) {
      const field = area.closest(".field");
      field.querySelector("[data-too-long]")?.remove();
      const length = (window.newsroomAdmin?.wordsOf?.(area) ?? area.value).length;
      if (length <= Number(area.dataset.limit)) continue;
      event.preventDefault();
      const note = document.createElement("ul");
      note.className = "errorlist";
      note.dataset.tooLong = "";
      note.setAttribute("role", "alert");
      note.innerHTML = "<li></li>";
      note.firstChild.textContent = `This section has ${length.toLocaleString("en-GB")} characters of text and markup; at most ${Number(area.dataset.limit).toLocaleString("en-GB")} fit. Was something pasted twice? Shorten it or divide it.`;
      field.prepend(note);
      note.scrollIntoView({ block: "center" });
    }
  }, true); // before anybody takes the page for left

  const data = document.getElementById("suggestions");
  if (!data) return;
  const suggestions = JSON.parse(data.textContent);
  const briefing = form.elements.briefing;
  let last = suggestions[briefing.value];
  const suggest = () => {
    const now = suggestions[briefing.value];
    if (!now) return;
    for (const name of ["number", "author", "goes_out"]) {
      const field = form.elements[name];
      // What somebody chose by hand stays.
      if (!field.value || !last || field.value === String(last[name])) field.value = now[name];
    }
    document.querySelector("[data-briefing]").textContent = `of ${now.briefing}`;
    form.querySelector("[data-zone]").textContent = now.zone;
    form.querySelector("[data-slot]").textContent = ` · the slot is ${now.slot}`;
    last = now;
  };
  briefing.addEventListener("change", suggest);
  if (last) form.querySelector("[data-slot]").textContent = ` · the slot is ${last.slot}`;
});
