// For every page of the admin: removes drafts that are no longer needed, closes menus, opens filters.
"use strict";
(() => {
  const DRAFT = "issue-draft:";
  const KEPT_FOR = 7 * 24 * 3600 * 1000;

  // The server names in a cookie the draft that it saved. Drafts older than KEPT_FOR go too.
  const saved = /(?:^|; )saved_draft=([a-z0-9]+)/.exec(document.cookie);
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(DRAFT)) continue;
      const isSaved = saved && key.endsWith(`:${saved[1]}`);
      const kept = JSON.parse(localStorage.getItem(key)).at;
      if (isSaved || !(Date.now() - kept < KEPT_FOR)) localStorage.removeItem(key);
    }
  } catch {
    // This browser has no storage, so there is nothing to remove.
  }

  // Logging out leaves no drafts on this computer.
  document.getElementById("logout-form")?.addEventListener("submit", () => {
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(DRAFT)) localStorage.removeItem(key);
    } catch {
      // As above.
    }
  });

  for (const menu of document.querySelectorAll("details[data-closes]")) {
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }

  const wide = matchMedia("(min-width: 64rem)");
  const unfold = () => {
    for (const fold of document.querySelectorAll("details[data-open-wide]")) fold.open = wide.matches;
  };
  wide.addEventListener("change", unfold);
  unfold();

  for (const choice of document.querySelectorAll(".preview-widths input")) {
    choice.addEventListener("change", () => {
      document.querySelector(".preview-frame").classList.toggle("is-phone", choice.value === "phone");
    });
  }
})();
