// An approved or scheduled issue: the first change asks whether it may end the approval. Without an
// answer, the server asks when the page is saved.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const question = document.querySelector("[data-off-clock]");
  const answer = document.querySelector("[data-off-clock-answer]");
  const form = document.querySelector("[data-issue-form]");
  if (!question || !answer || !form) return;
  // The send time, the number and the address are not what was approved.
  const NOT_CONTENT = ["goes_out", "goes_out_which", "number", "slug", "briefing", "reviewer", "due_at"];

  function ask({ target }) {
    if (NOT_CONTENT.includes(target.name) || target.closest("[form], [data-remarks]")) return;
    question.hidden = false;
    stop();
  }
  function stop() {
    for (const event of ["input", "change", "newsroom:typed"]) form.removeEventListener(event, ask);
  }
  for (const event of ["input", "change", "newsroom:typed"]) form.addEventListener(event, ask);

  question.querySelector("[data-off-clock-go]").addEventListener("click", () => {
    answer.value = answer.dataset.version;
    question.hidden = true;
  });
});
