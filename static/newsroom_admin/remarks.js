// Remarks: sent without leaving the page, so that unsaved changes of the issue stay where they are.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("remark-form");
  if (!form) return;
  const TIMEOUT = 20_000;
  const stored = `issue-remarks:${form.getAttribute("action")}`;
  const blocks = (root) => root.querySelectorAll("[data-remarks]");
  const areas = () => [...document.querySelectorAll('textarea[form="remark-form"]')];
  const storage = (action) => {
    try {
      return action();
    } catch {
      return null; // no storage: the words are on the page only
    }
  };

  // What is typed here is no change of the issue.
  const shield = (block) => {
    for (const kind of ["input", "change"]) block.addEventListener(kind, (event) => event.stopPropagation());
    block.addEventListener("input", keep);
  };
  // A remark that is half written survives a closed or reloaded page.
  function keep() {
    const typed = Object.fromEntries(areas().map(({ name, value }) => [name, value]).filter(([, value]) => value.trim()));
    storage(() => (Object.keys(typed).length ? localStorage.setItem(stored, JSON.stringify(typed)) : localStorage.removeItem(stored)));
  }
  function restore(typed) {
    for (const area of areas()) {
      if (!typed?.[area.name]) continue;
      area.value = typed[area.name];
      area.closest("details").open = true;
    }
  }

  function replace(html) {
    const parts = new DOMParser().parseFromString(html, "text/html");
    for (const part of blocks(parts)) {
      const old = document.querySelector(`[data-remarks="${part.dataset.remarks}"]`);
      if (!old) continue;
      old.replaceWith(part);
      shield(part);
    }
  }

  function say(words) {
    const block = document.querySelector('[data-remarks="side"]');
    block.querySelector(".remark-refusal")?.remove();
    const note = document.createElement("p");
    note.className = "remark-refusal";
    note.setAttribute("role", "alert");
    note.textContent = words;
    block.querySelector("h2").after(note);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (!button || button.disabled) return;
    const data = new FormData(form, button);
    const [act, key] = button.value.split(":");
    const sent = { leave: "words", answer: `answer-${key}` }[act];
    button.disabled = true;
    let answer = null;
    try {
      answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Fragment": "1" }, credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
    } catch {
      // no connection, or no answer in time
    }
    button.disabled = false;
    if (!answer || ![200, 422].includes(answer.status)) {
      say("This could not be sent. Your words are still here. Try again, or reload the page and log in.");
      return;
    }
    const typed = Object.fromEntries(areas().map(({ name, value }) => [name, value]));
    if (answer.ok) delete typed[sent];
    replace(await answer.text());
    restore(typed);
    keep();
    document.getElementById("remarks").focus({ preventScroll: true });
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-remark-on]");
    if (!link) return;
    event.preventDefault();
    document.querySelector("[data-remark-new]").open = true;
    document.getElementById("remark-section").value = link.dataset.remarkOn;
    document.getElementById("remark-words").focus();
  });

  // The address of a preview link is there to be copied.
  for (const address of document.querySelectorAll("#preview-links input[readonly]")) address.addEventListener("focus", () => address.select());

  blocks(document).forEach(shield);
  restore(storage(() => JSON.parse(localStorage.getItem(stored))));
});
