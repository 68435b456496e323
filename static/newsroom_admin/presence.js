// Who else is in this issue and in which section, and asking them to hand it over.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-presence]");
  const form = document.querySelector("[data-issue-form]");
  if (!root || !form) return;
  const EVERY = 3_000;
  const HIDDEN_EVERY = 15_000;
  const { draft } = window.newsroomAdmin;
  const part = (name) => root.querySelector(`[data-presence-${name}]`);
  const list = part("list");
  const question = part("question");
  const handed = part("handed");
  const token = draft.newToken();
  const sections = () => [...form.querySelectorAll("[data-section]")];
  const keyOf = (row) => row.querySelector('[name$="-id"]').value || "new";
  const nameOf = (row) => row.querySelector('[name$="-heading"]').value.trim() || row.querySelector('[name$="-kind"]').selectedOptions[0].text.toLowerCase();
  let section = "";
  let timer;
  let shown = "";
  let isReadOnly = false;
  let hasLeft = false; // browsers also report a page that is left as hidden, after it said that it leaves

  document.addEventListener("focusin", ({ target }) => {
    const row = target.closest("[data-section]");
    if (row) section = keyOf(row);
    else if (target.closest(".issue-main .field")) section = "head";
  });

  // One request at a time, in order: an answer waits for the one before it.
  let last = Promise.resolve();
  function say(act = {}) {
    last = last.then(async () => {
      clearTimeout(timer);
      if (hasLeft) return;
      const answer = await draft
        .send(root.dataset.url, { token, section, hidden: document.hidden, ...act })
        .then((response) => (response.ok ? response.json() : null))
        .catch(() => null);
      if (answer) show(answer);
      timer = setTimeout(say, document.hidden ? HIDDEN_EVERY : EVERY);
    });
    return last;
  }

  function show(state) {
    const text = JSON.stringify(state);
    if (text === shown) return;
    shown = text;
    showOthers(state);
    for (const row of sections()) {
      const here = state.others.filter((other) => !other.is_self && other.section === keyOf(row) && other.section !== "new");
      const place = row.querySelector("[data-section-who]");
      if (place) place.textContent = here.length ? `${here.map(({ name }) => name).join(", ")} ${here.length > 1 ? "are" : "is"} here` : "";
    }
    part("news").textContent = state.news || wordsOf(state);
    question.hidden = !state.question;
    if (state.question) {
      part("asker").textContent = state.question.name;
      question.dataset.pk = state.question.pk;
    }
    setReadOnly(Boolean(state.handed_to));
    handed.hidden = !state.handed_to;
    if (state.handed_to)
      part("handed-words").textContent = `You handed this issue to ${state.handed_to.name} at ${draft.clock(state.handed_to.at)}. What you had not saved is kept as your draft. You can read here, and write again once you take it back.`;
  }

  function showOthers({ others, own }) {
    const isWaiting = own?.outcome === "waiting";
    const focused = document.activeElement?.dataset?.ask;
    list.replaceChildren(
      ...others.map((other) => {
        const item = document.createElement("li");
        const words = document.createElement("span");
        if (other.is_self) {
          words.textContent = "You have this issue open in another window, too.";
        } else {
          const name = document.createElement("strong");
          name.textContent = other.name;
          words.append(name, ` is in this issue${placeOf(other.section)}.`);
        }
        item.append(words);
        if (!other.is_self && !isWaiting && !isReadOnly) {
          const button = document.createElement("button");
          button.type = "button";
          button.className = "text-button";
          button.dataset.ask = other.pk;
          button.textContent = "Ask to take over";
          item.append(button);
        }
        return item;
      }),
    );
    if (focused) list.querySelector(`[data-ask="${focused}"]`)?.focus();
  }

  function placeOf(key) {
    if (key === "head") return ", in the headline";
    if (key === "new") return ", in a new section";
    const row = key && sections().find((one) => keyOf(one) === key);
    return row ? `, in “${nameOf(row)}”` : "";
  }

  function wordsOf({ own, answer_within: within }) {
    return {
      waiting: () => `You asked ${own.name} to hand over. Waiting for an answer…`,
      refused: () => `${own.name} would like to keep writing.`,
      no_answer: () => `${own.name} has not answered within ${within}. You can write anyway: what you both write is merged when you save.`,
      handed_over: () => `${own.name} handed over to you at ${draft.clock(own.at)}. What they had not saved is kept as their draft.`,
      taken_back: () => `${own.name} has taken the issue back and is writing again. What you both write is merged when you save.`,
    }[own?.outcome]?.() ?? "";
  }

  // Read only: the text stays selectable, and nothing that was typed goes away.
  const { CKEDITOR } = window;
  const setEditor = (editor) => editor.setReadOnly(isReadOnly);
  CKEDITOR?.on("instanceReady", ({ editor }) => isReadOnly && setEditor(editor));
  function setReadOnly(value) {
    if (value === isReadOnly) return;
    isReadOnly = value;
    form.toggleAttribute("data-is-read-only", value);
    for (const editor of Object.values(CKEDITOR?.instances ?? {})) if (editor.status === "ready") setEditor(editor);
    for (const field of form.querySelectorAll("input:not([type=hidden]), textarea")) field.readOnly = value;
    for (const control of form.querySelectorAll("button, select, input[type=radio], input[type=checkbox]")) {
      if (root.contains(control)) continue;
      if (value && control.disabled) control.dataset.wasDisabled = "";
      control.disabled = value || "wasDisabled" in control.dataset;
      if (!value) delete control.dataset.wasDisabled;
    }
  }

  root.addEventListener("click", async ({ target }) => {
    if (target.dataset.ask) {
      await say({ asks: Number(target.dataset.ask) });
    } else if ("handOver" in target.dataset) {
      target.disabled = true;
      await draft.flush();
      await say({ answers: Number(question.dataset.pk), hands_over: true });
      target.disabled = false;
      root.querySelector("[data-take-back]").focus();
    } else if ("refuse" in target.dataset) {
      await say({ answers: Number(question.dataset.pk) });
      form.elements.title.focus();
    } else if ("takeBack" in target.dataset) {
      await say({ takes_back: true });
      form.elements.title.focus();
    }
  });

  document.addEventListener("visibilitychange", () => say());
  addEventListener("pagehide", () => {
    hasLeft = true;
    draft.send(root.dataset.url, { token, leaves: true }, { keepalive: true }).catch(() => null);
  });
  addEventListener("pageshow", ({ persisted }) => {
    hasLeft = false;
    if (persisted) say();
  });
  say();
});
