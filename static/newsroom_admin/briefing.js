// The page of a briefing: what stands in the text editors of its section template gets into the form.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("briefing_form");
  form?.addEventListener("submit", () => window.newsroomAdmin?.fillForm?.(form), true);
});
