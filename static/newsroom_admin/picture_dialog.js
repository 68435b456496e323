// The picture dialog of the text editor: a file, its alternative text, a caption, and where it stands.
"use strict";
(() => {
  const { CKEDITOR } = window;
  const PLACES = ["align-left", "align-right", "align-center"];
  const TYPES = "image/jpeg,image/png,image/webp,image/gif";

  // A caption is the paragraph below the picture, if all of it is in italics; where no paragraph can
  // stand, such as in an item of a list, it is the line below it.
  const blockOf = (image) => new CKEDITOR.dom.elementPath(image, image.getDocument().getBody()).block ?? image;
  const isInline = (image) => blockOf(image).is("li", "td", "th", "caption");
  const isElement = (node, name) => node?.type === CKEDITOR.NODE_ELEMENT && node.is(name);
  const hasWords = (node) => node.type === CKEDITOR.NODE_ELEMENT || node.getText().trim();

  const goesOnInLine = (node) =>
    node && !(node.type === CKEDITOR.NODE_ELEMENT && (node.is("br") || node.getName() in CKEDITOR.dtd.$block));

  // Returns the element with the words of the caption, and all that belongs to it.
  function captionOf(image) {
    if (isInline(image)) {
      const line = image.getNext(hasWords);
      const text = isElement(line, "br") ? line.getNext(hasWords) : null;
      return isElement(text, "em") ? { text, parts: [line, text] } : null;
    }
    const next = blockOf(image).getNext((node) => node.type === CKEDITOR.NODE_ELEMENT);
    if (!isElement(next, "p") || next.getChildCount() !== 1) return null;
    const text = next.getFirst();
    return isElement(text, "em") ? { text, parts: [next] } : null;
  }

  function setCaption(editor, image, words) {
    const known = captionOf(image);
    if (!words) {
      for (const part of known?.parts ?? []) part.remove();
      return;
    }
    if (known) {
      known.text.setText(words);
      return;
    }
    const text = editor.document.createElement("em");
    text.setText(words);
    if (isInline(image)) {
      const line = editor.document.createElement("br");
      line.insertAfter(image);
      text.insertAfter(line);
      if (goesOnInLine(text.getNext(hasWords))) editor.document.createElement("br").insertAfter(text);
      return;
    }
    const caption = editor.document.createElement("p");
    caption.append(text);
    caption.insertAfter(blockOf(image));
  }

  CKEDITOR.dialog.add("image", (editor) => {
    const names = { file: 0, shown: 0, status: 0, help: 0 };
    for (const name of Object.keys(names)) names[name] = CKEDITOR.tools.getNextId();
    const part = (name) => document.getElementById(names[name]);
    let image = null; // the one that is in the text already
    let uploaded = null;
    let isBusy = false;
    let isDone = false;

    function show(url) {
      const shown = part("shown");
      shown.hidden = !url;
      if (url) shown.src = url;
      else shown.removeAttribute("src");
    }

    async function upload(dialog, file) {
      const say = (words) => (part("status").textContent = words);
      isBusy = true;
      say("Uploading…");
      try {
        uploaded = await newsroomAdmin.uploadImage(editor, file);
        show(uploaded.url);
        say("");
        dialog.getContentElement("info", "alt").focus();
      } catch (refusal) {
        say(refusal.message);
      }
      isBusy = false;
      dialog.layout();
    }

    return {
      title: "Picture",
      minWidth: 380,
      minHeight: 0,
      resizable: CKEDITOR.DIALOG_RESIZE_NONE,
      contents: [
        {
          id: "info",
          elements: [
            {
              type: "html",
              id: "file",
              html:
                `<div class="picture-file"><label for="${names.file}">File</label>` +
                `<input type="file" id="${names.file}" accept="${TYPES}">` +
                `<p class="dialog-note">A JPEG, PNG, WebP or GIF, up to 10 MB.</p>` +
                `<p class="dialog-problem" role="status" id="${names.status}"></p>` +
                `<img id="${names.shown}" alt="The picture" hidden></div>`,
              focus() {
                part("file").focus();
              },
              onLoad() {
                const dialog = this.getDialog();
                part("file").addEventListener("change", ({ target }) => {
                  if (target.files.length) upload(dialog, target.files[0]);
                  target.value = "";
                });
              },
            },
            {
              type: "text",
              id: "alt",
              label: "Alternative text",
              onLoad() {
                this.getInputElement().$.setAttribute("aria-describedby", names.help);
              },
            },
            {
              type: "html",
              html: `<p class="dialog-note" id="${names.help}">What the picture shows, for people who cannot see it. An issue cannot go out without it.</p>`,
            },
            { type: "text", id: "caption", label: "Caption, below the picture" },
            {
              type: "select",
              id: "place",
              label: "Place",
              items: [
                ["In the column", ""],
                ["Left, text beside it", "align-left"],
                ["Right, text beside it", "align-right"],
                ["Centred", "align-center"],
              ],
            },
          ],
        },
      ],
      onShow() {
        const selected = editor.getSelection().getSelectedElement();
        image = selected?.is("img") && !selected.data("cke-realelement") ? selected : null;
        uploaded = null;
        isBusy = isDone = false;
        part("status").textContent = "";
        show(image?.getAttribute("src"));
        this.setValueOf("info", "alt", image?.getAttribute("alt") ?? "");
        this.setValueOf("info", "caption", (image && captionOf(image)?.text.getText()) ?? "");
        this.setValueOf("info", "place", PLACES.find((name) => image?.hasClass(name)) ?? "");
      },
      onFocus() {
        return this.getContentElement("info", image ? "alt" : "file");
      },
      onOk() {
        // The editor clicks the button on keydown and on keyup of Enter; on a busy page, both arrive.
        if (isDone) return true;
        const alt = this.getValueOf("info", "alt").trim();
        let problem = "";
        if (isBusy) problem = "Wait until the picture is uploaded.";
        else if (!image && !uploaded) problem = "Choose a file first.";
        else if (!alt) problem = "Write the alternative text: what does the picture show?";
        part("status").textContent = problem;
        if (problem) {
          if (!isBusy && (image || uploaded)) this.getContentElement("info", "alt").focus();
          return false;
        }
        isDone = true;
        const isNew = !image;
        const target = image ?? editor.document.createElement("img");
        if (uploaded) {
          const { url, width, height } = uploaded;
          target.setAttributes({ src: url, "data-cke-saved-src": url, width, height });
        }
        target.setAttribute("alt", alt);
        for (const name of PLACES) target.removeClass(name);
        const place = this.getValueOf("info", "place");
        if (place) target.addClass(place);
        if (isNew) editor.insertElement(target);
        setCaption(editor, target, this.getValueOf("info", "caption").trim());
        return true;
      },
    };
  });
})();
