// Findings of preflight: a link leads to its place on the form, and the words there are selected.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-issue-form]");
  if (!form) return;
  const SHOWN_FOR = 4_000;

  function mark(element) {
    element.classList.add("found-here");
    setTimeout(() => element.classList.remove("found-here"), SHOWN_FOR);
  }

  // Select words in an element whose text may be spread over several nodes.
  function select(root, quote) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const nodes = [];
    let text = "";
    while (walker.nextNode()) {
      nodes.push({ node: walker.currentNode, start: text.length });
      text += walker.currentNode.data;
    }
    const flat = (words) => words.replace(/\s/g, " ");
    const start = flat(text).indexOf(flat(quote));
    if (!quote || start < 0) return false;
    const at = (position) => {
      const { node, start: from } = nodes.findLast((one) => one.start <= position);
      return [node, Math.min(position - from, node.data.length)];
    };
    const range = document.createRange();
    range.setStart(...at(start));
    range.setEnd(...at(start + quote.length));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    const box = range.getBoundingClientRect();
    if (box.top < 80 || box.bottom > innerHeight - 120) scrollBy({ top: box.top - innerHeight / 3 });
    return true;
  }

  function open(section, quote) {
    const area = section.querySelector("textarea[data-type=ckeditortype]");
    const editor = window.CKEDITOR?.instances?.[area?.id];
    const show = () => {
      editor.focus();
      if (!select(editor.editable().$, quote)) mark(section);
    };
    section.scrollIntoView({ block: "start" });
    if (!editor) section.focus();
    else if (editor.status === "ready") show();
    else editor.once("instanceReady", show);
  }

  function jump(anchor, quote) {
    // A section that is not saved yet is named by its place.
    const added = anchor.match(/^section--(\d+)$/);
    const place = added ? document.querySelectorAll("[data-section-list] > [data-section]")[added[1] - 1] : document.getElementById(anchor);
    if (!place) return false;
    const fold = place.closest("details");
    if (fold) fold.open = true;
    const section = place.closest("[data-section]");
    if (section) {
      open(section, quote);
      return true;
    }
    place.scrollIntoView({ block: "center" });
    place.focus();
    const start = quote && place.value !== undefined ? place.value.indexOf(quote) : -1;
    if (start >= 0) place.setSelectionRange?.(start, start + quote.length);
    mark(place);
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-finding-quote]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!jump(link.hash.slice(1), link.dataset.findingQuote)) return;
    event.preventDefault();
    history.replaceState(null, "", link.hash);
  });

  // Once autosave has kept what is typed, the findings are about that. Only the newest answer is shown.
  const list = document.querySelector("[data-findings]");
  let asked = 0;
  form.addEventListener("newsroom:kept", async () => {
    if (!list || list.contains(document.activeElement)) return;
    asked += 1;
    const mine = asked;
    const draft = form.elements.draft_token.value.split(" ")[0];
    try {
      const answer = await fetch(`${list.dataset.findings}?draft=${encodeURIComponent(draft)}`, { credentials: "same-origin", redirect: "error" });
      const html = answer.ok ? await answer.text() : "";
      if (!html || mine !== asked || list.contains(document.activeElement)) return;
      const wasOpen = list.querySelector("details")?.open;
      list.innerHTML = html;
      const fold = list.querySelector("details");
      if (fold && wasOpen) fold.open = true;
    } catch {
      // no connection: the findings of the saved words stay
    }
  });

  // A link from another page, such as the Send page.
  if (location.hash.length > 1) jump(location.hash.slice(1), "");
});
