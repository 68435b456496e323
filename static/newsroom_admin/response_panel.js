// The panel with the readers' response beside a draft: fetched after the page, and when one returns to it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const panel = document.querySelector("[data-response-panel]");
  if (!panel) return;
  const TYPED = 250; // milliseconds without a key, then we search
  let shown = "";
  let asked = 0;
  let timer = 0;

  async function fill({ onlyFound = false } = {}) {
    const turn = ++asked;
    const chosen = { show: panel.querySelector("[data-panel-show]")?.value, q: panel.querySelector("[data-panel-search]")?.value.trim() };
    const query = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value));
    try {
      const answer = await fetch(`${panel.dataset.responsePanel}?${query}`, { credentials: "same-origin", redirect: "error" });
      const html = answer.ok ? await answer.text() : "";
      if (!html || turn !== asked || html === shown) return;
      shown = html;
      const found = panel.querySelector("[data-panel-found]");
      if (found && (onlyFound || panel.contains(document.activeElement))) {
        const parts = new DOMParser().parseFromString(html, "text/html");
        found.replaceWith(parts.querySelector("[data-panel-found]") ?? "");
      } else panel.innerHTML = html;
      panel.dispatchEvent(new CustomEvent("newsroom:response", { bubbles: true }));
    } catch {
      // What is there stays, and so does the link to the page.
    }
  }

  // What is chosen here is no change of the issue.
  for (const kind of ["input", "change"]) panel.addEventListener(kind, (event) => event.stopPropagation());
  panel.addEventListener("change", () => fill({ onlyFound: true }));
  panel.addEventListener("input", ({ target }) => {
    if (!target.matches("[data-panel-search]")) return;
    clearTimeout(timer);
    timer = setTimeout(() => fill({ onlyFound: true }), TYPED);
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input, select")) return;
    event.preventDefault();
    fill({ onlyFound: true });
  });

  fill();
  // Somebody marked pieces on the page of the response and comes back.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") fill();
  });
});
