// The moderators' queue by keys: the next comment is there at once, decisions are sent behind it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-moderation]");
  if (!root) return;
  const FEW = 6; // ask for more cards when fewer are left
  const part = (name) => root.querySelector(`[data-${name}]`);
  const stack = part("stack");
  const said = part("said");
  const trouble = part("trouble");
  const end = part("end");
  const keysBox = part("keys");
  const known = new Set(); // every comment that this page had, decided or not
  const undoable = []; // own decisions, the last one at the end
  let waiting = Number(part("waiting").textContent);
  let isAsking = false;
  let isAllHere = false;
  let unsent = 0;

  for (const card of cards()) known.add(card.dataset.card);
  // Here, next and previous need no request.
  const steps = { next: part("next"), previous: part("previous"), undo: part("undo-last") };
  for (const [step, act] of Object.entries({ next, previous, undo })) {
    steps[step].hidden = false;
    steps[step].addEventListener("click", (event) => {
      event.preventDefault();
      act();
    });
  }
  part("keys-choice").hidden = false;
  said.textContent = "";

  function cards() {
    return [...stack.querySelectorAll("[data-card]")];
  }
  const current = () => stack.querySelector("[data-card]:not([hidden])");
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

  function show(card, { focus = true } = {}) {
    for (const other of cards()) other.hidden = other !== card;
    end.hidden = Boolean(card);
    if (card && focus) {
      card.focus({ preventScroll: true });
      const top = root.getBoundingClientRect().top;
      if (top < 0) scrollTo({ top: scrollY + top });
    }
    if (!card) {
      const heading = end.querySelector("h2");
      heading.textContent = cards().length ? "You have seen everything that waits" : "Nothing waits";
      if (cards().length) heading.nextElementSibling.innerHTML = '<a href="">Start again with those that you passed over</a>';
    }
    ask();
  }

  function count(change) {
    waiting = Math.max(0, waiting + change);
    part("waiting").textContent = waiting;
  }

  function nextOf(card) {
    const all = cards();
    return all[all.indexOf(card) + 1] ?? null;
  }

  function add(html, before) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const added = [...holder.content.querySelectorAll("[data-card]")];
    for (const card of added) {
      stack.querySelector(`[data-card="${card.dataset.card}"]`)?.remove();
      known.add(card.dataset.card);
      card.hidden = true;
      stack.insertBefore(card, before);
    }
    return added[0] ?? null;
  }

  // More cards, before the moderator comes to the last of them; in line with the decisions.
  const AGAIN_AFTER = 2_000;
  async function ask() {
    const card = current();
    const left = card ? cards().length - cards().indexOf(card) : 0;
    if (isAsking || isAllHere || left >= FEW) return;
    isAsking = true;
    try {
      const answer = await inLine(() => {
        const query = new URLSearchParams({ skip: [...known].slice(-300).join(",") });
        if (root.dataset.briefing) query.set("briefing", root.dataset.briefing);
        return fetch(`${root.dataset.cards}?${query}`, { credentials: "same-origin", redirect: "error" });
      });
      if (!answer.ok) throw new Error(answer.status);
      const { cards: html, waiting: number } = await answer.json();
      if (!unsent) count(number - waiting);
      const first = add(html, null);
      isAllHere = !first;
      if (!current() && first) show(first);
    } catch {
      // What is here can still be decided.
      setTimeout(() => {
        isAsking = false;
        ask();
      }, AGAIN_AFTER);
      return;
    }
    isAsking = false;
  }

  // One request after another: an undo must not overtake its decision.
  let last = Promise.resolve();
  function inLine(request) {
    const answer = last.then(request);
    last = answer.catch(() => null);
    return answer;
  }

  function countUnsent(change) {
    unsent += change;
    root.dataset.unsent = unsent;
    part("saving").textContent = unsent > 1 ? `Saving ${unsent} decisions…` : "";
  }

  function send(url, fields) {
    countUnsent(1);
    const body = new URLSearchParams(fields);
    const request = () =>
      fetch(url, { method: "POST", body, credentials: "same-origin", redirect: "error", headers: { Accept: "application/json", "X-CSRFToken": token() } });
    return inLine(async () => {
      try {
        const answer = await request().catch(request); // once more: a connection may just have ended
        const isKnown = answer.ok || answer.status === 409;
        return { ok: answer.ok, ...(isKnown ? await answer.json() : { said: `It was not saved (error ${answer.status}).`, failed: true }) };
      } catch {
        return { ok: false, said: "It was not saved: there is no connection, or you were logged out.", failed: true };
      } finally {
        countUnsent(-1);
      }
    });
  }

  function complain(words, card) {
    trouble.replaceChildren(document.createTextNode(words));
    if (card) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "row-button";
      button.textContent = "Look at it again";
      button.addEventListener("click", () => {
        trouble.hidden = true;
        show(card);
      });
      trouble.append(button);
    }
    trouble.hidden = false;
  }

  async function decide(card, button) {
    const form = card.querySelector("form.card-acts");
    const fields = new FormData(form);
    fields.set("decision", button.value);
    const next = nextOf(card);
    card.remove();
    count(-1);
    trouble.hidden = true;
    const step = { entry: null };
    undoable.push(step);
    show(next);
    said.textContent = `${button.textContent.replace(/\s*\b[A-Z0-9]$|^\s*\d\s/g, "").trim()}: …`;
    const answer = await send(form.action, fields);
    if (answer.ok) {
      step.entry = answer.undo;
      said.textContent = answer.said;
      return;
    }
    if (undoable.includes(step)) undoable.splice(undoable.indexOf(step), 1); // not if it is being undone
    said.textContent = "";
    // What still waits comes next; what failed is here again, as it was.
    const before = current() ? nextOf(current()) : null;
    let again = null;
    if (answer.failed) {
      stack.insertBefore(card, before);
      card.hidden = true;
      again = card;
    } else if (answer.card) again = add(answer.card, before);
    if (again) count(1);
    complain(answer.said, again);
    if (!current() && again) show(again);
  }

  async function undo() {
    const step = undoable.pop();
    if (!step) {
      said.textContent = "There is no decision of yours to undo here. The log of decisions has the earlier ones.";
      return;
    }
    await last; // the decision itself may still be on its way
    if (!step.entry) return;
    const url = root.dataset.undo.replace("/0/", `/${step.entry}/`);
    const answer = await send(url, {});
    if (!answer.ok) {
      if (answer.failed) undoable.push(step);
      complain(answer.said);
      return;
    }
    said.textContent = answer.said;
    const card = add(answer.card, current());
    count(1);
    show(card);
  }

  function next() {
    const card = current();
    if (!card) return;
    show(nextOf(card));
  }

  function previous() {
    const all = cards();
    const card = current();
    const before = card ? all[all.indexOf(card) - 1] : all.at(-1);
    if (before) show(before);
  }

  function choose(card, name) {
    const choice = card.querySelector(`[data-choice="${name}"]`);
    if (!choice) return;
    for (const other of card.querySelectorAll("[data-choice]")) other.open = other === choice && !choice.open;
    choice.querySelector("summary").focus();
  }

  stack.addEventListener("submit", (event) => {
    const button = event.submitter;
    const card = event.target.closest("[data-card]");
    if (!card || button?.name !== "decision") return;
    event.preventDefault();
    decide(card, button);
  });

  const KEEP = "newsroom.moderation.keys";
  keysBox.checked = localStorage.getItem(KEEP) !== "off";
  keysBox.addEventListener("change", () => localStorage.setItem(KEEP, keysBox.checked ? "on" : "off"));

  document.addEventListener("keydown", (event) => {
    if (!keysBox.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    const { target } = event;
    if (target.matches("select, textarea, input:not([type=checkbox])") || target.isContentEditable) return;
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const card = current();
    const open = card?.querySelector("[data-choice][open]");
    let isOurs = true;
    const chosen = /^[\dn]$/.test(key) && open?.querySelector(`[data-number="${key}"]`);
    if (chosen) chosen.click();
    else if (open && key === "Escape") open.open = false;
    else if (card && "afs".includes(key)) card.querySelector(`[data-key="${key}"]`)?.click();
    else if (card && (key === "r" || key === "b")) choose(card, key);
    else if (key === "u") undo();
    else if (key === "j" || key === "ArrowRight") next();
    else if (key === "k" || key === "ArrowLeft") previous();
    else if (card && key === "o") openPage(card);
    else isOurs = false;
    if (isOurs) event.preventDefault();
  });

  function openPage(card) {
    window.open(card.querySelector("[data-open]").href, "_blank", "noopener");
  }

  addEventListener("beforeunload", (event) => {
    if (unsent) event.preventDefault();
  });

  show(current(), { focus: false });
});
