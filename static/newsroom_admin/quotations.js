// Quotations of readers in the text editor: blocks that can be cut, moved and removed, but not typed in.
"use strict";
(() => {
  const { CKEDITOR } = window;
  if (!CKEDITOR) return;
  window.newsroomAdmin ??= {};
  const WAIT = 250; // milliseconds after the last key before words are checked
  const page = () => document.querySelector("[data-quotations]");

  // Asks the server whether these words of a response may be printed; `html` is the block if so.
  async function check(response, words, more = {}) {
    const { checkUrl } = page()?.dataset ?? {};
    if (!checkUrl) return { problem: "Save the issue first, then quote in it." };
    const answer = await fetch(checkUrl, {
      method: "POST",
      headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
      body: new URLSearchParams({ response, words, ...more }),
      redirect: "error",
    }).catch(() => null);
    if (!answer?.ok) return { problem: "This was not checked. Check your connection, or log in again in another tab." };
    return answer.json();
  }

  // Puts words of a response into the first feedback section of the open form, or into a new one.
  newsroomAdmin.quote = async ({ response, words }) => {
    const answer = await check(response, words);
    if (answer.problem) return answer;
    const { rows, input, add } = newsroomAdmin.sections;
    const row = rows().find((one) => input(one, "kind").value === "feedback") ?? add("feedback");
    const area = input(row, "body");
    newsroomAdmin.setText(area, newsroomAdmin.textOf(area) + answer.html);
    area.dispatchEvent(new Event("newsroom:typed", { bubbles: true }));
    return answer;
  };

  // The dialog: the original on one side, what is printed on the other.

  let dialog;
  let shown; // {editor, widget, response, original}
  let asked = 0;
  let html = "";
  let timer;
  const part = (name) => dialog.querySelector(`[data-quotation-${name}]`);

  function build() {
    dialog = document.createElement("dialog");
    dialog.className = "quotation-dialog";
    dialog.setAttribute("aria-labelledby", "quotation-title");
    dialog.innerHTML = `
      <h2 id="quotation-title">Cut the quotation</h2>
      <div class="quotation-sides">
        <div><label for="quotation-original">What the reader wrote</label>
          <textarea id="quotation-original" data-quotation-original readonly rows="8" dir="auto"></textarea>
          <p class="quotation-tools"><button type="button" class="row-button" data-quotation-only>Print only the selected words</button>
          <button type="button" class="row-button" data-quotation-leave>Leave the selected words out</button>
          <button type="button" class="row-button" data-quotation-all>Print all of it</button></p></div>
        <div><label for="quotation-words">What is printed</label>
          <textarea id="quotation-words" data-quotation-words rows="8" dir="auto" aria-describedby="quotation-help quotation-status"></textarea>
          <p class="help" id="quotation-help">“…” where words are left out. Your own words in [ ].</p>
          <p id="quotation-status" role="status" data-quotation-status></p></div>
      </div>
      <p class="quotation-marked" data-quotation-marked dir="auto" aria-hidden="true"></p>
      <p class="quotation-buttons"><button type="button" class="button" data-quotation-save>Use these words</button>
      <button type="button" class="button quiet-button" data-quotation-cancel>Cancel</button>
      <button type="button" class="button quiet-button" data-quotation-remove>Remove the quotation</button>
      <a data-quotation-comment target="_blank" rel="noopener">Original</a></p>`;
    document.body.append(dialog);
    part("words").addEventListener("input", () => {
      part("save").disabled = true;
      clearTimeout(timer);
      timer = setTimeout(() => verify(), WAIT);
    });
    part("only").addEventListener("click", () => cut((range) => [range]));
    part("leave").addEventListener("click", () => cut(([start, end]) => without(places(), start, end)));
    part("all").addEventListener("click", () => print(shown.original));
    part("save").addEventListener("click", save);
    part("cancel").addEventListener("click", () => dialog.close());
    part("remove").addEventListener("click", () => {
      dialog.close();
      remove(shown);
    });
    dialog.addEventListener("close", () => {
      clearTimeout(timer);
      asked++; // an answer that comes now is for nobody
      shown.editor.focus();
    });
  }

  let printed = []; // the parts of the original that are printed now, as pairs of positions in UTF-16
  const places = () => (printed.length ? printed : [[0, shown.original.length]]);
  const without = (ranges, from, to) =>
    ranges.flatMap(([start, end]) => [
      [start, Math.min(end, from)],
      [Math.max(start, to), end],
    ]).filter(([start, end]) => start < end);

  // Cuts at whole words only.
  function cut(ranges) {
    const { original } = shown;
    let { selectionStart: start, selectionEnd: end } = part("original");
    if (start === end) {
      part("status").textContent = "Select words on the other side first.";
      part("original").focus();
      return;
    }
    const isWord = (at) => /[\p{L}\p{N}'’-]/u.test(original[at] ?? "");
    while (start > 0 && isWord(start) && isWord(start - 1)) start--;
    while (end < original.length && isWord(end - 1) && isWord(end)) end++;
    const parts = ranges([start, end]).map(([from, to]) => original.slice(from, to).trim()).filter((words) => /[\p{L}\p{N}]/u.test(words));
    print(parts.join(" … "));
  }

  function print(words) {
    part("words").value = words;
    verify();
  }

  function mark() {
    const { original } = shown;
    const nodes = [];
    let end = 0;
    for (const [start, stop] of printed) {
      const kept = document.createElement("mark");
      kept.textContent = original.slice(start, stop);
      nodes.push(original.slice(end, start), kept);
      end = stop;
    }
    part("marked").replaceChildren(...nodes, original.slice(end));
  }

  // Returns whether these words may be printed; `chosen` tells the server that somebody takes them.
  async function verify(more = {}) {
    const number = ++asked;
    part("save").disabled = true;
    const answer = await check(shown.response, part("words").value, more);
    if (number !== asked) return false; // a slow answer never replaces a newer one
    if (answer.original !== undefined) shown.original = answer.original;
    if (part("original").value !== shown.original) part("original").value = shown.original;
    // The server counts characters, a script counts halves of them.
    const characters = Array.from(shown.original);
    const offset = (place) => characters.slice(0, place).join("").length;
    printed = (answer.places ?? []).map(([start, end]) => [offset(start), offset(end)]);
    html = answer.html ?? "";
    mark();
    part("status").textContent = answer.problem || `These are the reader’s words.${answer.waits ? ` ${answer.waits}` : ""}`;
    part("status").classList.toggle("is-wrong", Boolean(answer.problem));
    part("save").disabled = !html;
    return Boolean(html);
  }

  function open(editor, widget) {
    if (!dialog) build();
    const block = widget.element.$;
    const lines = [...block.querySelectorAll("p")].map((line) => line.textContent.trim());
    if (/^[—–―]/.test(lines[lines.length - 1] ?? "")) lines.pop();
    shown = { editor, widget, response: block.dataset.response, original: "" };
    printed = [];
    part("original").value = part("marked").textContent = "";
    part("words").value = lines.join("\n");
    part("status").textContent = "";
    const { commentUrl } = page()?.dataset ?? {};
    part("comment").hidden = !commentUrl;
    if (commentUrl) part("comment").href = commentUrl.replace("/0/", `/${shown.response}/`);
    dialog.showModal();
    part("words").focus();
    verify();
  }

  async function save() {
    const { editor, widget } = shown;
    if (!(await verify({ chosen: "yes" })) || !dialog.open) return;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    editor.fire("saveSnapshot");
    widget.element.setHtml(holder.content.firstElementChild.innerHTML);
    editor.fire("saveSnapshot");
    editor.fire("change");
    dialog.close();
  }

  function remove({ editor, widget }) {
    editor.fire("saveSnapshot");
    editor.widgets.del(widget);
    editor.fire("saveSnapshot");
    editor.fire("change");
    editor.focus();
  }

  // The buttons beside a selected block, for the mouse; with the keyboard, Enter opens the dialog.

  const tools = document.createElement("div");
  tools.className = "quotation-bar";
  tools.hidden = true;
  tools.innerHTML = `<button type="button" class="row-button" data-do="cut">Cut…</button> <button type="button" class="row-button" data-do="remove">Remove</button> <a class="row-button" target="_blank" rel="noopener">Original</a>`;
  let chosen;
  tools.addEventListener("mousedown", (event) => event.preventDefault()); // the block stays selected
  tools.addEventListener("click", (event) => {
    const act = event.target.closest("[data-do]")?.dataset.do;
    if (!act || !chosen) return;
    tools.hidden = true;
    if (act === "cut") open(chosen.editor, chosen.widget);
    else remove(chosen);
  });

  function showTools(editor, widget) {
    chosen = { editor, widget };
    const { commentUrl } = page()?.dataset ?? {};
    const link = tools.querySelector("a");
    link.hidden = !commentUrl;
    if (commentUrl) link.href = commentUrl.replace("/0/", `/${widget.element.$.dataset.response}/`);
    document.body.append(tools);
    const box = widget.wrapper.$.getBoundingClientRect();
    tools.style.top = `${box.bottom + scrollY + 4}px`;
    tools.style.left = `${Math.max(box.left + scrollX, 8)}px`;
    tools.hidden = false;
  }

  CKEDITOR.on("instanceCreated", ({ editor }) => {
    editor.on("pluginsLoaded", () => {
      if (!editor.widgets) return;
      editor.widgets.add("quotation", {
        upcast: ({ name, attributes }) => name === "blockquote" && Boolean(attributes["data-response"]),
        pathName: "quotation",
        init() {
          this.wrapper.setAttribute("aria-label", "Quotation of a reader. Press Enter to cut it, Delete to remove it.");
          this.on("focus", () => showTools(editor, this));
          this.on("blur", () => (tools.hidden = true));
        },
        edit(event) {
          event.cancel(); // the widget has no dialog of the editor's own
          tools.hidden = true;
          open(editor, this);
        },
      });
    });
  });
})();
