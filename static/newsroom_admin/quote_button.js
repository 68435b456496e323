// “Quote” beside a response: with selected words, those; into the open editor, where there is one.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const LABEL = "Quote";
  const chosen = new WeakMap(); // the selected words, by the part that quotes
  const pieceOf = (node) => (node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement)?.closest("[data-piece]");
  const inWords = (node) => Boolean(node?.parentElement?.closest("[data-response-words]"));

  function choose(part, words) {
    chosen.set(part, words);
    if (part.elements?.words) part.elements.words.value = words;
    part.querySelector("[data-quote-button]").textContent = words ? "Quote the selected words" : LABEL;
  }

  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    const words = selection.toString().trim();
    const piece = pieceOf(selection.anchorNode);
    const isOne = words && inWords(selection.anchorNode) && piece === pieceOf(selection.focusNode);
    for (const part of document.querySelectorAll("[data-quote]")) {
      // A click on the button may end the selection: the button keeps what was selected.
      if (!words && part.contains(document.activeElement)) continue;
      const now = isOne && piece.contains(part) ? words : "";
      if (now !== (chosen.get(part) ?? "")) choose(part, now);
    }
  });

  // The words go into the form of this page, which is saved later.
  async function quote(part) {
    const button = part.querySelector("[data-quote-button]");
    const hint = part.querySelector("[data-quote-hint]");
    if (button.disabled) return;
    button.disabled = true;
    const { problem, waits } = await newsroomAdmin.quote({ response: part.dataset.quote, words: chosen.get(part) ?? "" });
    button.disabled = false;
    hint.setAttribute("role", "status");
    hint.textContent = problem || `It is at the end of the feedback section.${waits ? ` ${waits}` : ""}`;
    if (!problem) choose(part, "");
  }
  const takesQuotes = () => Boolean(window.newsroomAdmin?.quote && newsroomAdmin.sections);

  // The panel comes after the page; without an editor, as in an issue that is only read, it has no button.
  const show = () => {
    if (takesQuotes()) for (const part of document.querySelectorAll("[data-needs-editor]")) part.hidden = false;
  };
  document.addEventListener("newsroom:response", show);

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-quote]") || !takesQuotes()) return;
    event.preventDefault();
    quote(event.target);
  });
  // Beside the editor there is no form of its own, because it stands within the form of the issue.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-quote-button]")) event.preventDefault(); // what is selected stays so
  });
  document.addEventListener("click", (event) => {
    const part = event.target.closest("button[data-quote-button]")?.closest("[data-quote]");
    if (part && !part.matches("form") && takesQuotes()) quote(part);
  });
});
