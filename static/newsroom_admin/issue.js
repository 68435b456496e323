// The page of an issue: suggestions for a new one, and sections that are too long.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-issue-form]");
  if (!form) return;
  form.querySelector("[data-refusal]")?.focus();

  // Each of these is one line, however long.
  for (const name of ["title", "strapline", "subject", "preheader"]) {
    form.elements[name]?.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  }

  // Checked before sending, so that the text stays on the page: the server might refuse the whole form.
  form.addEventListener("submit", (event) => {
    for (const area of form.querySelectorAll("textarea[data-limit]")) {
      const field = area.closest(".field");
      field.querySelector("[data-too-long]")?.remove();
      const length = (window.newsroomAdmin?.textOf?.(area) ?? area.value).length;
      if (length <= Number(area.dataset.limit)) continue;
      event.preventDefault();
      const note = document.createElement("ul");
      note.className = "errorlist";
      note.dataset.tooLong = "";
      note.setAttribute("role", "alert");
      note.innerHTML = "<li></li>";
      note.firstChild.textContent = `This section has ${length.toLocaleString("en-GB")} characters of text and markup. The limit is ${Number(area.dataset.limit).toLocaleString("en-GB")}. Check that nothing was pasted twice, then shorten or split it.`;
      field.prepend(note);
      note.scrollIntoView({ block: "center" });
    }
  }, true); // in the capture phase, before unsaved_changes.js treats the page as left

  const data = document.getElementById("suggestions");
  if (!data) return;
  const suggestions = JSON.parse(data.textContent);
  const briefing = form.elements.briefing;
  let last = suggestions[briefing.value];
  const isUntouched = (sections) => {
    const words = (list) => JSON.stringify(list.map(({ kind, heading, body, sisters, options, removed }) => [kind, heading, body, sisters ?? "", options ?? "", Boolean(removed)]));
    return words(newsroomAdmin.sections.read()) === words(sections);
  };
  const suggest = () => {
    const now = suggestions[briefing.value];
    if (!now) return;
    for (const name of ["number", "author", "goes_out"]) {
      const field = form.elements[name];
      // What somebody entered stays.
      if (!field.value || !last || field.value === String(last[name])) field.value = now[name];
      newsroomAdmin.showDate?.(field);
    }
    if (last && isUntouched(last.sections)) {
      newsroomAdmin.sections.write(now.sections.map((section) => ({ ...section, id: "", removed: false })));
    }
    document.querySelector("[data-briefing]").textContent = `of ${now.briefing}`;
    form.querySelector("[data-zone]").textContent = now.zone;
    form.querySelector("[data-slot]").textContent = ` · usually ${now.slot}`;
    last = now;
  };
  briefing.addEventListener("change", suggest);
  if (last) form.querySelector("[data-slot]").textContent = ` · usually ${last.slot}`;
});
