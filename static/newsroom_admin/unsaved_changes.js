// Unsaved changes: a warning before the page is left, and a draft in this browser's storage, so that an
// expired session, a refused form or a closed window loses nothing.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-issue-form]");
  if (!form) return;
  const FIELDS = ["title", "strapline", "briefing", "number", "author", "slug", "goes_out"];
  const { user, version } = form.dataset;
  const mark = form.querySelector("[data-unsaved]");
  const token = form.elements.draft_token;
  const stem = `issue-draft:${user}:${location.pathname}`;
  token.value ||= [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");
  let isUnsaved = "wasRefused" in form.dataset;
  let isLeaving = false;
  let timer;

  const storage = (action) => {
    try {
      return action();
    } catch {
      return null; // no storage, or it is full: the warning still works
    }
  };
  const show = () => (mark.hidden = !isUnsaved);

  function keep() {
    if (!isUnsaved) return;
    const draft = {
      at: Date.now(),
      version: form.elements.from_version?.value,
      seen: form.elements.seen?.value,
      fields: Object.fromEntries(FIELDS.filter((name) => form.elements[name]).map((name) => [name, form.elements[name].value])),
      sections: newsroomAdmin.sections?.read() ?? [],
    };
    storage(() => localStorage.setItem(`${stem}:${token.value}`, JSON.stringify(draft)));
  }

  function touch() {
    isUnsaved = true;
    show();
    clearTimeout(timer);
    timer = setTimeout(keep, 800);
  }

  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("newsroom:typed", touch);
  addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => document.hidden && keep());
  addEventListener("beforeunload", (event) => {
    if (isUnsaved && !isLeaving) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    // A second click would be refused, because the first had saved meanwhile.
    if (isLeaving) {
      event.preventDefault();
      return;
    }
    newsroomAdmin.fillForm?.(form);
    keep();
    isLeaving = !event.defaultPrevented;
    setTimeout(() => (isLeaving = false), 10_000); // the save did not get through: allow another
  });

  // For the question that logging out asks: store what is typed, and then leave without a warning.
  window.newsroomAdmin ??= {};
  newsroomAdmin.draft = {
    keep,
    letGo() {
      clearTimeout(timer);
      isUnsaved = false;
    },
  };

  // An earlier draft

  const banner = form.querySelector("[data-restore]");
  const drafts = storage(() =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(`${stem}:`) && key !== `${stem}:${token.value}`)
      .map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }))
      .sort((one, other) => other.at - one.at),
  );
  const earlier = drafts?.[0];
  if (earlier && !isUnsaved) {
    banner.hidden = false;
    banner.querySelector("[data-restore-when]").textContent = new Date(earlier.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
    banner.querySelector("[data-restore-take]").addEventListener("click", () => {
      for (const [name, value] of Object.entries(earlier.fields)) if (form.elements[name]) form.elements[name].value = value;
      newsroomAdmin.sections?.write(earlier.sections);
      // So that nobody else's save since then is overwritten, the form has the draft's version again.
      if (earlier.version && form.elements.from_version) {
        form.elements.from_version.value = earlier.version;
        form.elements.seen.value = earlier.seen;
      }
      token.value = earlier.key.split(":").pop();
      banner.hidden = true;
      form.elements.title.focus();
      touch();
    });
    banner.querySelector("[data-restore-drop]").addEventListener("click", () => {
      storage(() => localStorage.removeItem(earlier.key));
      banner.hidden = true;
      form.elements.title.focus();
    });
  }
  show();
});
