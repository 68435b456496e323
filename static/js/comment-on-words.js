// Select words of the issue, and a button offers to comment on them; it comes next when one goes on
// with the Tab key. Without this script, the link below each section leads to the form.
const { label } = document.currentScript.dataset;
const form = document.querySelector("#comment-form form");
const chosenWords = document.getElementById("chosen-words");
const MAX_CHARS = 500; // as in briefings/models/comment.py

const button = document.createElement("button");
button.type = "button";
button.className = "comment-on-words";
button.textContent = label;
let chosen = null;
let waiting = 0;

// The selected words of one section, without the link below it, and where they end.
function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0).cloneRange();
  const start = range.startContainer;
  const section = (start.closest ? start : start.parentElement)?.closest(".prose > section");
  const link = section?.querySelector(".comment-on");
  if (!link) return null;
  if (range.comparePoint(link, 0) <= 0) range.setEndBefore(link);
  let words = range.toString().replace(/\s+/g, " ").trim();
  if (words.length > MAX_CHARS) words = words.slice(0, words.lastIndexOf(" ", MAX_CHARS));
  return words && { words, section, range };
}

// Its name differs from those of comments.js, which is on the same page.
function offer() {
  if (document.activeElement === button) return;
  chosen = selected();
  if (!chosen) {
    button.remove();
    return;
  }
  const { section, range } = chosen;
  let block = range.endContainer;
  while (block.parentNode !== section && block !== section) block = block.parentNode;
  const lines = range.getClientRects();
  const end = lines[lines.length - 1] ?? range.getBoundingClientRect();
  const isInPlace = block === section || block.classList?.contains("comment-on");
  if (isInPlace) section.querySelector(".comment-on").before(button);
  else block.after(button);
  const widest = document.documentElement.clientWidth - button.offsetWidth - 8;
  button.style.left = `${Math.max(8, Math.min(end.right + scrollX, widest))}px`;
  button.style.top = `${end.bottom + scrollY + 6}px`;
}

function choose() {
  const { words, section } = chosen;
  form.elements.passage.value = words;
  form.elements.section.value = section.id.split("-").pop();
  chosenWords.querySelector("bdi").textContent = words;
  chosenWords.hidden = false;
  getSelection().removeAllRanges();
  button.remove();
  form.elements.body.focus();
}

function leaveOut() {
  form.elements.passage.value = "";
  chosenWords.hidden = true;
  form.elements.body.focus();
}

if (form && chosenWords) {
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(offer, 150);
  });
  document.addEventListener("keydown", (event) => {
    if (!button.isConnected) return;
    if (event.key === "Escape") {
      clearTimeout(waiting); // or it would come back for what was selected a moment ago
      button.remove();
    }
    // Browsers would go on from the start of the page, not from the selection.
    if (event.key === "Tab" && !event.shiftKey && document.activeElement.tabIndex < 0) {
      event.preventDefault();
      button.focus();
    }
  });
  button.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection
  button.addEventListener("click", choose);
  chosenWords.querySelector("button").addEventListener("click", leaveOut);
}
