// For every page of the admin: looks after unsaved drafts, closes menus, opens filters.
"use strict";
(() => {
  // Drafts of issues in this browser's storage, under `issue-draft:USER:PATH:TOKEN`; see unsaved_changes.js.
  const DRAFT = "issue-draft:";
  const FORMER_DRAFT = "desk-draft:";
  const logout = document.getElementById("logout-form");
  const KEPT_FOR = 1000 * (logout?.dataset.keepsDrafts ?? Infinity); // milliseconds

  const inStorage = (action) => {
    try {
      return action();
    } catch {
      return null; // this browser has no storage, it is full, or the entry is not ours
    }
  };
  const keys = (prefix) => inStorage(() => Object.keys(localStorage).filter((key) => key.startsWith(prefix))) ?? [];
  const read = (key) => inStorage(() => JSON.parse(localStorage.getItem(key)));

  // Drafts from before an upgrade have another name, and call a removed section `gone`.
  for (const key of keys(FORMER_DRAFT)) {
    inStorage(() => {
      const draft = JSON.parse(localStorage.getItem(key));
      for (const section of draft.sections) section.removed ??= Boolean(section.gone);
      localStorage.setItem(DRAFT + key.slice(FORMER_DRAFT.length), JSON.stringify(draft));
      localStorage.removeItem(key);
    });
  }

  // The server names in a cookie the drafts that it saved. Drafts older than KEPT_FOR go too.
  const saved = /(?:^|; )(?:saved_draft|desk_saved)=([a-z0-9.]+)/.exec(document.cookie)?.[1].split(".") ?? [];
  for (const key of keys(DRAFT)) {
    const isSaved = saved.includes(key.split(":").pop());
    if (isSaved || !(Date.now() - read(key)?.at < KEPT_FOR)) localStorage.removeItem(key);
  }

  const forgetOnServer = (tokens) =>
    fetch(logout.dataset.autosaveUrl, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": logout.elements.csrfmiddlewaretoken.value },
      body: JSON.stringify({ settle: tokens }),
      signal: AbortSignal.timeout(5_000),
    }).catch(() => null);

  // Whoever logs out decides what becomes of their own drafts; those of other people stay.
  const menu = logout?.closest("details");
  const question = document.getElementById("logout-drafts");
  const ownDrafts = () =>
    keys(`${DRAFT}${logout.dataset.user}:`)
      .map((key) => ({ key, path: key.split(":")[2], ...read(key) }))
      .sort((one, other) => other.at - one.at);
  logout?.addEventListener("submit", (event) => {
    window.newsroomAdmin?.draft?.keep();
    const drafts = ownDrafts();
    if (!drafts.length) return;
    event.preventDefault();
    question.querySelector("ul").replaceChildren(
      ...drafts.map(({ path, at, fields }) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = path;
        link.textContent = fields?.title?.trim() || "An issue without a headline";
        const when = new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
        item.append(link, `, ${when}`);
        return item;
      }),
    );
    menu.open = false;
    question.showModal();
  });
  question?.addEventListener("close", async () => {
    const answer = question.returnValue;
    question.returnValue = "";
    if (!["keep", "delete"].includes(answer)) {
      menu.querySelector("summary").focus();
      return;
    }
    window.newsroomAdmin?.draft?.letGo();
    if (answer === "delete") {
      const drafts = ownDrafts();
      for (const { key } of drafts) inStorage(() => localStorage.removeItem(key));
      await forgetOnServer(drafts.map(({ key }) => key.split(":").pop()));
    }
    logout.submit(); // which asks no more
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
})();
