// Checking a point by keys: the next piece is there at once, the others are ranked again behind it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-points]");
  if (!root) return;
  const part = root.querySelector("[data-checking]");
  const said = root.querySelector("[data-said]");
  const keysBox = root.querySelector("[data-keys]");
  const LATE = 500; // whoever has read a piece for so long keeps it, whatever comes first by then
  const undoable = []; // own answers, the last one at the end
  const opened = new Set(); // what is folded out, by name
  let unsent = 0;
  let current = null;

  const cards = () => [...part.querySelectorAll("[data-card]")];
  root.querySelector(".point-undo")?.remove(); // U does that here

  function choose(card, { focus = true } = {}) {
    current?.classList.remove("is-current");
    current = card ?? null;
    if (!current) return;
    current.classList.add("is-current");
    if (!focus) return;
    current.focus({ preventScroll: true });
    const top = current.getBoundingClientRect().top;
    if (top < 0 || top > innerHeight / 2) current.scrollIntoView({ block: "start" });
  }

  function move(step) {
    const all = cards();
    const next = all[all.indexOf(current) + step];
    if (next) choose(next);
  }

  function say(words, isWrong = false) {
    said.textContent = words;
    said.classList.toggle("is-wrong", isWrong);
  }

  // One request after another: an undo must not overtake its answer.
  let last = Promise.resolve();
  function inLine(request) {
    const answer = last.then(request);
    last = answer.catch(() => null);
    return answer;
  }

  async function post(url, body) {
    const answer = await fetch(url, { method: "POST", body, credentials: "same-origin", redirect: "error", headers: { Accept: "application/json" } });
    if (!answer.ok && answer.status !== 409) throw new Error(answer.status);
    return { ok: answer.ok, ...(await answer.json()) };
  }

  // The page as the server ranks it now; a piece that somebody has begun to read stays first.
  function show(html, reading) {
    const had = document.activeElement;
    const isWriting = had.matches("input, select, textarea") && part.contains(had);
    const hadFocus = !isWriting && (part.contains(had) || had === document.body);
    const { selectionStart, selectionEnd } = had;
    const sentence = part.querySelector("#new-sentence")?.value;
    const chosen = [...part.querySelectorAll("[name=pieces]:checked")].map(({ value }) => value);
    part.innerHTML = html;
    for (const box of part.querySelectorAll("[name=pieces]")) box.checked = chosen.includes(box.value);
    if (sentence && part.querySelector("#new-sentence")) part.querySelector("#new-sentence").value = sentence;
    for (const details of part.querySelectorAll("[data-keep]")) details.open = opened.has(details.dataset.keep);
    const kept = reading && part.querySelector(`[data-card="${reading}"]`);
    if (kept) kept.parentElement.prepend(kept);
    choose(cards()[0], { focus: hadFocus });
    if (!isWriting) return;
    // Whoever is writing goes on writing: what they type marks nothing.
    const field = had.id ? document.getElementById(had.id) : part.querySelector(`[name="${had.name}"][value="${had.value}"]`);
    if (!field) return choose(current);
    field.focus({ preventScroll: true });
    if (had.matches("[type=text], :not([type])")) field.setSelectionRange?.(selectionStart, selectionEnd);
  }

  async function send(url, fields, { card = null, undone = null } = {}) {
    const begun = Date.now();
    unsent += 1;
    root.dataset.unsent = unsent;
    let answer;
    try {
      answer = await inLine(() => post(url, new URLSearchParams(fields)));
    } catch {
      say("It was not saved: there is no connection, or you were logged out.", true);
      if (card) {
        part.querySelector(".point-queue")?.prepend(card);
        choose(card, { focus: !document.activeElement.matches("input, select, textarea") });
      }
      if (undone) undoable.push(undone);
      return false;
    } finally {
      unsent -= 1;
      root.dataset.unsent = unsent;
    }
    say(answer.said, !answer.ok);
    const isLate = answer.ok && !undone && Date.now() - begun > LATE;
    if (answer.html && !unsent) show(answer.html, isLate ? current?.dataset.card : "");
    return answer.ok;
  }

  async function answer(form, says) {
    const fields = new FormData(form);
    fields.set("says", says);
    const card = form.closest("[data-card]");
    let step = null;
    if (card) {
      const next = card.nextElementSibling ?? card.previousElementSibling;
      card.remove();
      choose(next);
      step = { url: form.action, fields };
      undoable.push(step);
    }
    const isStored = await send(form.action, fields, { card });
    const place = undoable.indexOf(step);
    if (!isStored && place >= 0) undoable.splice(place, 1);
  }

  function undo() {
    const step = undoable.pop();
    if (!step) {
      say("There is no answer of yours to undo here. Each checked piece has a button that takes its answer back.");
      return;
    }
    const fields = new FormData();
    for (const [name, value] of step.fields) fields.set(name, value);
    fields.set("seen", step.fields.get("says"));
    fields.set("says", "open");
    send(step.url, fields, { undone: step });
  }

  part.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name !== "says") return;
    event.preventDefault();
    answer(event.target, button.value);
  });
  part.addEventListener("focusin", (event) => {
    const card = event.target.closest("[data-card]");
    if (card && card !== current) choose(card, { focus: false });
  });
  part.addEventListener("click", (event) => {
    const card = event.target.closest("[data-card]");
    if (card && card !== current) choose(card, { focus: false });
  });
  part.addEventListener(
    "toggle",
    (event) => {
      const name = event.target.dataset?.keep;
      if (name) opened[event.target.open ? "add" : "delete"](name);
    },
    true,
  );

  const KEEP = "newsroom.points.keys";
  root.querySelector("[data-keys-choice]").hidden = false;
  keysBox.checked = localStorage.getItem(KEEP) !== "off";
  keysBox.addEventListener("change", () => localStorage.setItem(KEEP, keysBox.checked ? "on" : "off"));

  document.addEventListener("keydown", (event) => {
    if (!keysBox.checked || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    const { target } = event;
    if (target.matches("select, textarea, input:not([type=checkbox])") || target.isContentEditable) return;
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    let isOurs = true;
    if (current && (key === "y" || key === "n")) current.querySelector(`[data-key="${key}"]`).click();
    else if (key === "u") undo();
    else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else isOurs = false;
    if (isOurs) event.preventDefault();
  });

  addEventListener("beforeunload", (event) => {
    if (unsent) event.preventDefault();
  });

  choose(cards()[0], { focus: false });
});
