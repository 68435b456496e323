// The page of a response: from piece to piece by keys, and marks without a new page.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-response]");
  if (!root) return;
  const said = root.querySelector("[data-said]");
  const pieces = () => [...root.querySelectorAll("[data-piece]")];
  let current = null;

  function choose(piece, { focus = true } = {}) {
    current?.classList.remove("is-current");
    current = piece;
    if (!piece) return;
    piece.classList.add("is-current");
    if (!focus) return;
    piece.focus({ preventScroll: true });
    piece.scrollIntoView({ block: piece.offsetHeight > innerHeight ? "start" : "nearest" });
  }

  function move(step) {
    const all = pieces();
    const place = all.indexOf(current);
    const next = place < 0 ? (step > 0 ? firstVisible(all) : all.at(-1)) : all[place + step];
    if (next) choose(next);
    else if (current) root.querySelector(`.response-pages [rel="${step > 0 ? "next" : "prev"}"]`)?.click();
  }

  const firstVisible = (all) => all.find((piece) => piece.getBoundingClientRect().bottom > 0);

  // What somebody clicks or tabs into is the piece that keys are for.
  root.addEventListener("focusin", (event) => {
    const piece = event.target.closest("[data-piece]");
    if (piece && piece !== current) choose(piece, { focus: false });
  });
  root.addEventListener("click", (event) => {
    const piece = event.target.closest("[data-piece]");
    if (piece && piece !== current) choose(piece, { focus: false });
  });

  // Marks: one request after another, so that the last answer is the latest state.
  let last = Promise.resolve();
  root.addEventListener("submit", (event) => {
    const form = event.target;
    const part = form.closest("[data-piece-marks]");
    if (!part || !event.submitter?.name) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    body.set(event.submitter.name, event.submitter.value);
    const { piece: key } = form.closest("[data-piece]").dataset;
    last = last.then(() => send(form.action, body, key));
  });

  // A part that is made again takes the focus with it: whoever is writing there goes on writing.
  function focusIn(part) {
    const had = document.activeElement;
    if (!part.contains(had)) return null;
    const same = (element) => element.localName === had.localName && element.id === had.id && element.name === had.name && element.value === had.value;
    const isField = had.matches("input, select, textarea");
    const place = [...part.querySelectorAll(had.localName)].filter(same).indexOf(had);
    const { selectionStart, selectionEnd } = had;
    return (piece) => {
      const found = isField && had.id ? document.getElementById(had.id) : [...piece.querySelectorAll(`[data-piece-marks] ${had.localName}`)].filter(same)[place];
      (found ?? piece).focus({ preventScroll: true });
      if (found && isField && selectionStart !== null) found.setSelectionRange?.(selectionStart, selectionEnd);
    };
  }

  async function send(url, body, key) {
    const piece = root.querySelector(`[data-piece="${key}"]`);
    try {
      const answer = await fetch(url, { method: "POST", body, credentials: "same-origin", redirect: "error", headers: { Accept: "application/json" } });
      if (!answer.ok && answer.status !== 422) throw new Error(answer.status);
      const { said: words, marks } = await answer.json();
      if (marks) {
        const part = piece.querySelector("[data-piece-marks]");
        const focus = focusIn(part);
        // What somebody is about to write in another form of the piece stays.
        const begun = [...part.querySelectorAll("details[open] :is(input:not([type=hidden]), select)")]
          .filter(({ name, value }) => body.get(name) !== value)
          .map(({ id, value, form }) => ({ id, value, was: form.elements.was.value }));
        part.outerHTML = marks;
        for (const { id, value, was } of begun) {
          const field = document.getElementById(id);
          if (!field) continue;
          field.value = value;
          field.form.elements.was.value = was;
          field.closest("details").open = true;
        }
        if (focus) focus(piece);
      }
      say(words);
    } catch {
      say("It was not saved: there is no connection, or you were logged out.", true);
    }
  }

  function say(words, isWrong = false) {
    said.textContent = words;
    said.classList.toggle("is-wrong", isWrong);
  }

  // Filters apply as soon as one is chosen; the search when it is sent.
  for (const form of root.querySelectorAll("[data-filters]")) {
    form.addEventListener("change", (event) => {
      if (event.target.matches("select")) form.requestSubmit();
    });
    // An address that names only what was chosen.
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, value] of [...formData]) if (!value || (name === "order" && value === "newest")) formData.delete(name);
    });
  }
  if (matchMedia("(max-width: 63.99rem)").matches) for (const part of root.querySelectorAll("[data-choose]")) part.open = new URLSearchParams(location.search).has("q");

  const KEEP = "newsroom.response.keys";
  const keysBox = root.querySelector("[data-keys]");
  if (keysBox) {
    root.querySelector("[data-keys-choice]").hidden = false;
    keysBox.checked = localStorage.getItem(KEEP) !== "off";
    keysBox.addEventListener("change", () => localStorage.setItem(KEEP, keysBox.checked ? "on" : "off"));
  }

  document.addEventListener("keydown", (event) => {
    if (!keysBox?.checked || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    const { target } = event;
    if (target.matches("select, textarea, input:not([type=checkbox])") || target.isContentEditable) return;
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let isOurs = true;
    if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "/") root.querySelector("[data-search]").focus();
    else if (current && (key === "u" || key === "a")) current.querySelector(`[data-key="${key}"]`)?.click();
    else if (current && key === "d") current.querySelector(".mark:not(.is-done) [data-done]")?.click();
    else if (current && key === "f") followUp(current);
    else isOurs = false;
    if (isOurs) event.preventDefault();
  });

  function followUp(piece) {
    const part = piece.querySelector("[data-follow]");
    part.open = true;
    part.querySelector("select").focus();
  }
  root.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest("details[open]");
    if (open && open.closest("[data-piece-marks]")) {
      open.open = false;
      open.closest("[data-piece]").focus({ preventScroll: true });
    }
  });

  const named = document.getElementById(location.hash.slice(1));
  if (named?.matches("[data-piece]")) choose(named);
});
