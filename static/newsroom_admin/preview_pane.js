// A preview beside the form, on wide screens: what autosave has just kept, rendered by the server.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-issue-form]");
  const pane = document.querySelector("[data-preview-pane]");
  if (!form || !pane) return;
  const REMEMBERED = "issue-preview";
  const DESKTOP = 1024;
  const PHONE = 390;
  const WAIT = 15_000; // then a frame that does not load is given up
  const screen = pane.querySelector("[data-preview-screen]");
  const note = pane.querySelector("[data-preview-note]");
  const isWide = matchMedia("(min-width: 87.5rem)");
  const toggle = document.querySelector("[data-preview-toggle]");
  const links = [...document.querySelectorAll("[data-preview-link], [data-preview-whole]")];

  const remembered = () => {
    try {
      return JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
    } catch {
      return {};
    }
  };
  const remember = () => {
    try {
      localStorage.setItem(REMEMBERED, JSON.stringify(state));
    } catch {
      // no storage: the pane is closed next time
    }
  };
  const state = { isOpen: false, part: "page", width: "phone", scheme: "light", ...remembered() };
  let hasWords = Boolean(pane.dataset.saved); // a new issue has none before its first autosave
  let shown = null;
  let coming = null;
  let isStale = false;
  let timer;

  const draft = () => form.elements.draft_token.value.split(" ")[0];
  const address = (page) => `${page}?draft=${encodeURIComponent(draft())}`;

  // The frame is as wide as the chosen screen, made smaller where the pane is narrower.
  function fit(frame) {
    if (!frame) return;
    const { clientWidth, clientHeight } = screen;
    const width = state.part === "text" ? clientWidth : state.width === "phone" ? Math.min(PHONE, clientWidth) : Math.max(DESKTOP, clientWidth);
    const scale = Math.min(1, clientWidth / width);
    Object.assign(frame.style, {
      inlineSize: `${width}px`,
      blockSize: `${clientHeight / scale}px`,
      transform: `scale(${scale})`,
      insetInlineStart: `${Math.max(0, (clientWidth - width * scale) / 2)}px`,
    });
  }

  // The next version is loaded behind the one that is shown, and takes over its place in the text.
  function load() {
    if (!state.isOpen || !isWide.matches) return;
    if (!hasWords) {
      note.textContent = "The preview appears when you have written something.";
      return;
    }
    if (coming) {
      isStale = true;
      return;
    }
    isStale = false;
    const frame = document.createElement("iframe");
    coming = frame;
    frame.setAttribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
    frame.title = "Preview";
    frame.dataset.waiting = "";
    frame.dataset.part = state.part;
    frame.src = address(pane.dataset[state.part]);
    frame.addEventListener("load", () => takeOver(frame), { once: true });
    clearTimeout(timer);
    timer = setTimeout(() => giveUp(frame), WAIT);
    screen.append(frame);
    fit(frame);
  }

  function takeOver(frame) {
    if (frame !== coming) return;
    clearTimeout(timer);
    coming = null;
    const page = frame.contentDocument;
    if (!page?.body || page.body.childElementCount === 0) {
      giveUp(frame);
      return;
    }
    newsroomPreview.openLinksOutside(page);
    newsroomPreview.setScheme(page, state.scheme);
    if (shown?.dataset.part === frame.dataset.part) {
      const top = shown.contentDocument?.scrollingElement?.scrollTop ?? 0;
      page.scrollingElement?.scrollTo({ top, behavior: "instant" });
    }
    delete frame.dataset.waiting;
    shown?.remove();
    shown = frame;
    note.textContent = "";
    if (isStale) load();
  }

  function giveUp(frame) {
    if (frame === coming) coming = null;
    frame.remove();
    note.textContent = "The preview could not be loaded. We try again when you type more.";
    if (isStale) load();
  }

  function show() {
    const isShown = state.isOpen && isWide.matches;
    document.body.classList.toggle("has-preview-pane", isShown);
    toggle?.setAttribute("aria-expanded", String(isShown));
    screen.classList.toggle("is-light", state.scheme === "light");
    screen.classList.toggle("is-dark", state.scheme === "dark");
    for (const group of pane.querySelectorAll("[data-preview-choice]")) {
      for (const button of group.children) button.setAttribute("aria-current", String(button.value === state[group.dataset.previewChoice]));
      group.hidden = state.part === "text" && group.dataset.previewChoice !== "part";
    }
    fit(shown);
    fit(coming);
    if (shown?.contentDocument) newsroomPreview.setScheme(shown.contentDocument, state.scheme);
  }

  pane.addEventListener("click", (event) => {
    const button = event.target.closest("[data-preview-choice] button");
    if (!button) return;
    const what = button.parentElement.dataset.previewChoice;
    state[what] = button.value;
    remember();
    show();
    if (what === "part") load();
  });
  const setOpen = (isOpen) => {
    state.isOpen = isOpen;
    remember();
    show();
    if (isOpen) load();
  };
  toggle?.addEventListener("click", () => setOpen(!state.isOpen));
  pane.querySelector("[data-preview-close]").addEventListener("click", () => {
    setOpen(false);
    toggle?.focus();
  });
  form.addEventListener("newsroom:kept", () => {
    hasWords = true;
    load();
  });
  isWide.addEventListener("change", () => {
    show();
    load();
  });
  new ResizeObserver(() => {
    fit(shown);
    fit(coming);
  }).observe(screen);
  // The preview by itself shows the same words: those of this page, once they have been kept.
  for (const link of links) {
    link.addEventListener("click", (event) => {
      const target = address(pane.dataset.whole);
      link.href = target;
      if (!newsroomAdmin.draft?.flush || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const tab = open("about:blank", link.target);
      if (!tab) return;
      event.preventDefault();
      Promise.resolve(newsroomAdmin.draft.flush()).finally(() => (tab.location = target));
    });
  }
  show();
  load();
});
