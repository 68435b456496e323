// Words that are not saved yet: a warning before they are left, and a copy in this browser, so that
// a lost session, a refused form or a closed window loses nothing.
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

  const storage = (act) => {
    try {
      return act();
    } catch {
      return null; // no storage, or it is full: the warning is left
    }
  };
  const show = () => (mark.hidden = !isUnsaved);

  function keep() {
    if (!isUnsaved) return;
    const copy = {
      at: Date.now(),
      version: form.elements.from_version?.value,
      seen: form.elements.seen?.value,
      fields: Object.fromEntries(FIELDS.filter((name) => form.elements[name]).map((name) => [name, form.elements[name].value])),
      sections: newsroomAdmin.sections?.read() ?? [],
    };
    storage(() => localStorage.setItem(`${stem}:${token.value}`, JSON.stringify(copy)));
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
    // Pressed twice, the second would be told that somebody (the first) had saved meanwhile.
    if (isLeaving) {
      event.preventDefault();
      return;
    }
    newsroomAdmin.collectWords?.(form);
    keep();
    isLeaving = !event.defaultPrevented;
    setTimeout(() => (isLeaving = false), 10_000); // it did not get through: once more, then
  });

  // --- an earlier copy

  const banner = form.querySelector("[data-restore]");
  const copies = storage(() =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(`${stem}:`) && key !== `${stem}:${token.value}`)
      .map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }))
      .sort((one, other) => other.at - one.at),
  );
  const copy = copies?.[0];
  if (copy && !isUnsaved) {
    banner.hidden = false;
    banner.querySelector("[data-restore-when]").textContent = new Date(copy.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
    banner.querySelector("[data-restore-take]").addEventListener("click", () => {
      for (const [name, value] of Object.entries(copy.fields)) if (form.elements[name]) form.elements[name].value = value;
      newsroomAdmin.sections?.write(copy.sections);
      // Whoever saved since then is not overwritten: the form goes back to where the copy began.
      if (copy.version && form.elements.from_version) {
        form.elements.from_version.value = copy.version;
        form.elements.seen.value = copy.seen;
      }
      token.value = copy.key.split(":").pop();
      banner.hidden = true;
      form.elements.title.focus();
      touch();
    });
    banner.querySelector("[data-restore-drop]").addEventListener("click", () => {
      storage(() => localStorage.removeItem(copy.key));
      banner.hidden = true;
      form.elements.title.focus();
    });
  }
  show();
});
