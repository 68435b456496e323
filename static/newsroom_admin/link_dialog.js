// The link dialog of the text editor: an address, the words of the link, and a search for earlier issues.
"use strict";
(() => {
  const { CKEDITOR } = window;
  const WAIT = 200; // milliseconds after the last key before a search
  const EMAIL = /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/;
  const HOST = /^([a-z0-9-]+\.)+[a-z]{2,24}(:\d+)?([/?#]\S*)?$/i;
  const id = () => CKEDITOR.tools.getNextId();

  // Returns the address that is meant, or nothing; the server reads addresses the same way.
  function addressOf(written) {
    const address = written.trim();
    if (/^(https?:\/\/\S+\.\S+|mailto:\S+@\S+|mailto:\?\S+|tel:\S+)$/i.test(address) || /^(\/(?!\/)|#)\S*$/.test(address)) return address;
    if (EMAIL.test(address)) return `mailto:${address}`;
    return HOST.test(address) ? `https://${address}` : "";
  }

  function wordsOf(address) {
    return address.replace(/^(https?:\/\/|mailto:|tel:)/i, "").replace(/\/$/, "");
  }

  function insert(editor, link, address, words, before) {
    const attributes = { href: address, "data-cke-saved-href": address };
    if (link) {
      link.setAttributes(attributes);
      if (words && words !== before) link.setText(words);
      return;
    }
    const range = editor.getSelection().getRanges()[0];
    if (range.collapsed || (words && words !== before)) {
      const text = new CKEDITOR.dom.text(words || wordsOf(address), editor.document);
      range.deleteContents();
      range.insertNode(text);
      range.selectNodeContents(text);
    }
    const style = new CKEDITOR.style({ element: "a", attributes });
    style.type = CKEDITOR.STYLE_INLINE;
    style.applyToRange(range, editor);
    range.collapse();
    range.select();
  }

  // The list of issues under the search field. Arrow keys go through it; Enter inserts the link.
  function search(dialog, input, box) {
    const list = box.querySelector("[role=listbox]");
    const status = box.querySelector("[role=status]");
    const { linkSearchUrl } = dialog.getParentEditor().config;
    let results = [];
    let chosen = -1;
    let timer;
    let asked = 0;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("autocomplete", "off");

    function mark(place) {
      chosen = place;
      [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
      const option = list.children[place];
      if (option) input.setAttribute("aria-activedescendant", option.id);
      else input.removeAttribute("aria-activedescendant");
      option?.scrollIntoView({ block: "nearest" });
    }

    function show(found, words) {
      results = found;
      list.replaceChildren(
        ...found.map((result, index) => {
          const option = document.createElement("li");
          option.id = `${list.id}-${index}`;
          option.setAttribute("role", "option");
          const title = document.createElement("bdi");
          title.textContent = result.title;
          const from = document.createElement("small");
          from.textContent = result.from;
          option.append(title, from);
          return option;
        }),
      );
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(Boolean(found.length)));
      status.textContent = found.length || !words ? "" : "No published issue has these words.";
      mark(found.length ? 0 : -1);
    }

    async function find() {
      const number = ++asked;
      const words = input.value.trim();
      if (!words) {
        show([], "");
        return;
      }
      try {
        const answer = await fetch(`${linkSearchUrl}?${new URLSearchParams({ q: words })}`, { redirect: "error" });
        const { results: found } = await answer.json();
        if (number === asked) show(found, words); // a slow answer never replaces a newer one
      } catch {
        if (number !== asked) return;
        show([], "");
        status.textContent = "The search does not answer. Check your connection, or log in again in another tab.";
      }
    }

    function take(place) {
      const result = results[place];
      if (!result) return;
      dialog.setValueOf("info", "url", result.url);
      if (!dialog.getValueOf("info", "words").trim()) dialog.setValueOf("info", "words", result.title);
      dialog.click("ok");
    }

    input.addEventListener("input", () => {
      clearTimeout(timer);
      mark(-1); // Enter must not insert what an earlier search found
      timer = setTimeout(find, WAIT);
    });
    input.addEventListener("keydown", (event) => {
      const { key } = event;
      if (key === "ArrowDown" || key === "ArrowUp") {
        event.preventDefault();
        event.stopPropagation();
        if (results.length) mark((chosen + (key === "ArrowDown" ? 1 : -1) + results.length) % results.length);
      } else if (key === "Enter" && input.value.trim()) {
        event.preventDefault();
        event.stopPropagation();
        if (chosen >= 0) take(chosen);
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => take([...list.children].indexOf(event.target.closest("[role=option]"))));
    return () => {
      clearTimeout(timer);
      asked += 1;
      show([], "");
    };
  }

  CKEDITOR.dialog.add("link", (editor) => {
    const [problem, list] = [id(), id()];
    let link = null;
    let before = "";
    let isDone = false;
    let reset = () => {};
    return {
      title: "Link",
      minWidth: 380,
      minHeight: 0,
      resizable: CKEDITOR.DIALOG_RESIZE_NONE,
      contents: [
        {
          id: "info",
          elements: [
            { type: "text", id: "url", label: "Address", onLoad: describe },
            {
              type: "html",
              html: `<div class="dialog-note"><p>A web address, which starts with https://, or an email address.</p><p class="dialog-problem" id="${problem}" role="alert"></p></div>`,
            },
            { type: "text", id: "words", label: "Words of the link" },
            { type: "text", id: "find", label: "Or find an earlier issue, by headline, briefing or number" },
            {
              type: "html",
              html: `<div class="link-search"><ul id="${list}" role="listbox" aria-label="Issues" hidden></ul><p role="status"></p></div>`,
              onLoad() {
                const dialog = this.getDialog();
                const input = dialog.getContentElement("info", "find").getInputElement().$;
                reset = search(dialog, input, document.getElementById(list).parentElement);
              },
            },
          ],
        },
      ],
      onShow() {
        isDone = false;
        link = CKEDITOR.plugins.link.getSelectedLink(editor);
        before = link ? link.getText() : editor.getSelection().getSelectedText();
        this.setValueOf("info", "url", link ? link.data("cke-saved-href") || link.getAttribute("href") || "" : "");
        this.setValueOf("info", "words", before);
        this.setValueOf("info", "find", "");
        document.getElementById(problem).textContent = "";
        reset();
      },
      onFocus() {
        return this.getContentElement("info", "url");
      },
      onOk() {
        // The editor clicks the button on keydown and on keyup of Enter; on a busy page, both arrive.
        if (isDone) return true;
        const written = this.getValueOf("info", "url");
        const address = addressOf(written);
        if (!address) {
          document.getElementById(problem).textContent = written.trim()
            ? "This address leads nowhere. Write it in full, starting with https://."
            : "Enter an address, or find an issue below.";
          this.getContentElement("info", "url").focus();
          return false;
        }
        isDone = true;
        insert(editor, link, address, this.getValueOf("info", "words").trim(), before);
        return true;
      },
    };

    function describe() {
      const input = this.getInputElement().$;
      input.setAttribute("aria-describedby", problem);
      input.setAttribute("placeholder", "https://");
      input.setAttribute("inputmode", "url");
    }
  });
})();
