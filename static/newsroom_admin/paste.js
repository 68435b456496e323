// Text and images that are pasted or dropped.
"use strict";
(() => {
  const { CKEDITOR } = window;

  // Google Docs, like many pages, expresses everything with styles on spans. The editor's own filter
  // for it throws, and loses the whole paste, at a span without a style. So that filter is off, and
  // this one turns styles into elements, whatever program they come from. The allow-list drops afterwards what an issue cannot have.
  const MEANINGS = [
    ["strong", ({ fontWeight }) => fontWeight.startsWith("bold") || Number(fontWeight) >= 600],
    ["em", ({ fontStyle }) => fontStyle === "italic" || fontStyle.startsWith("oblique")],
    ["u", ({ textDecoration, textDecorationLine }) => `${textDecoration} ${textDecorationLine}`.includes("underline")],
    ["s", ({ textDecoration, textDecorationLine }) => `${textDecoration} ${textDecorationLine}`.includes("line-through")],
    ["sup", ({ verticalAlign }) => verticalAlign === "super" || parseFloat(verticalAlign) > 0],
    ["sub", ({ verticalAlign }) => verticalAlign === "sub" || parseFloat(verticalAlign) < 0],
  ];

  // What a rule of the pasted page's own style sheet may say about its text.
  const HIDING = ["display", "visibility", "opacity", "color", "background-color", "background-image", "text-indent"];
  const MARKING = ["font-weight", "font-style", "text-decoration-line", "vertical-align"];

  const isOfWord = (html) => /class="?'?Mso|\bmso-|urn:schemas-microsoft-com/i.test(html);
  const styleOf = (element) => element.getAttribute("style") ?? "";

  // Puts what the rules of a page say into the styles of its elements: its classes mean nothing here.
  // Rules for other screens, within @media, are passed over.
  function applyStyleSheets(page, word) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync([...page.querySelectorAll("style")].map((style) => style.textContent.replace(/<!--|-->/g, "")).join("\n"));
    const properties = word ? HIDING : [...HIDING, ...MARKING]; // the filter for Word reads the others
    const own = new Map(); // the element's own style outweighs any rule
    for (const { selectorText, style } of [...sheet.cssRules].slice(0, 3000)) {
      const set = properties.filter((name) => style?.getPropertyValue(name));
      if (!selectorText || !set.length) continue;
      for (const element of page.querySelectorAll(selectorText)) {
        if (!own.has(element)) own.set(element, new Set(element.style));
        for (const name of set) {
          if (!own.get(element).has(name)) element.style.setProperty(name, style.getPropertyValue(name));
        }
      }
    }
  }

  const canvas = document.createElement("canvas").getContext("2d");

  // A colour of CSS as red, green, blue and how opaque it is, each from 0 to 255.
  function channels(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = "#000";
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  }

  // Whether words have the colour of what is behind them. Behind a picture, nobody can tell.
  function isUnseen(parent) {
    let colour = "";
    let background = "";
    let size = "";
    for (let e = parent; e; e = e.parentElement) {
      const { style } = e;
      size ||= style.fontSize;
      if (!colour) colour = style.color || e.getAttribute("color") || (e.matches("a[href]") ? "black" : "");
      if (/url|gradient/.test(style.backgroundImage) || e.hasAttribute("background")) return parseFloat(size) === 0;
      const behind = style.backgroundColor || e.getAttribute("bgcolor") || "";
      if (!background && behind && channels(behind)[3] > 0) background = behind;
    }
    if (/^0+(?:\.0*)?[a-z%]*$/.test(size)) return true;
    if (!colour || /inherit|initial|currentcolor/i.test(colour)) return false;
    const [words, page] = [channels(colour), channels(background || "white")];
    return words[3] === 0 || (page[3] === 255 && words.every((value, at) => Math.abs(value - page[at]) <= 6));
  }

  // Takes out words in the colour of the page and says which; if no others are there, the page is dark.
  function takeOutUnseen(body, named) {
    const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    const unseen = [];
    let seen = false;
    while (walker.nextNode()) {
      if (!walker.currentNode.data.trim()) continue;
      if (isUnseen(walker.currentNode.parentElement)) unseen.push(walker.currentNode);
      else seen = true;
    }
    for (const node of seen ? unseen : []) {
      named.add(`hidden text (“${node.data.trim().replace(/\s+/g, " ").slice(0, 80)}”)`);
      node.remove();
    }
  }

  const HIDDEN =
    /display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|\bopacity\s*:\s*0(?:\.0*)?\s*(?:;|$)|(?<![\w-])(?:left|top|text-indent)\s*:\s*-\d{4}/i;
  const isFlat = ({ style }) => style.overflow === "hidden" && [style.maxHeight, style.height].some((h) => /^0(?:p[xt])?$/.test(h));

  // What the source hides, deleted or says beside the text: what it is called, and where it is.
  const ASIDES = [
    ["hidden text", (e) => HIDDEN.test(styleOf(e)) || isFlat(e) || e.hidden],
    ["deleted text", (e, word) => e.localName === "del" && (word || /^mailto:/i.test(e.getAttribute("cite") ?? ""))],
    [
      "a comment",
      (e) =>
        /mso-element\s*:\s*comment/i.test(styleOf(e)) ||
        e.matches(".MsoCommentReference, .msocomanchor, .msocomtxt, .MsoCommentText, .msocomoff, a[href^='#cmnt']") ||
        (e.localName === "div" && e.querySelector("a[id^=cmnt]:not([id^=cmnt_ref])")),
    ],
  ];

  // Takes the asides out of the pasted page and says which there were.
  function takeOutAsides(editor, body, word) {
    const named = new Set();
    for (const element of body.querySelectorAll("*")) {
      if (!body.contains(element)) continue; // inside one that is gone already
      const aside = ASIDES.find(([, is]) => is(element, word));
      if (!aside) continue;
      const words = element.textContent.trim().replace(/\s+/g, " ");
      if (words && !/^\[\w{1,8}\]$/.test(words)) named.add(`${aside[0]} (“${words.slice(0, 80)}”)`);
      element.remove();
    }
    takeOutUnseen(body, named);
    if (named.size) editor.showNotification(`Left out of the paste: ${[...named].join("; ")}.`, "warning");
  }

  function useMarks(body) {
    for (const span of body.querySelectorAll("span, font")) {
      let inner = [...span.childNodes];
      for (const [tag, isMeant] of MEANINGS) {
        if (!isMeant(span.style)) continue;
        if (tag === "u" && span.closest("a")) continue; // links are underlined anyway
        if (tag === "strong" && span.closest("h1, h2, h3, h4, h5, h6")) continue;
        const element = body.ownerDocument.createElement(tag);
        element.append(...inner);
        inner = [element];
      }
      span.replaceWith(...inner);
    }
    for (const quoted of body.querySelectorAll("q")) quoted.replaceWith("“", ...quoted.childNodes, "”");
  }

  function replaceTag(body, from, to) {
    for (const element of body.querySelectorAll(from)) {
      const made = body.ownerDocument.createElement(to);
      made.append(...element.childNodes);
      element.replaceWith(made);
    }
  }

  function tidy(editor, html) {
    const word = isOfWord(html);
    const page = new DOMParser().parseFromString(html, "text/html");
    const { body } = page;
    applyStyleSheets(page, word);
    takeOutAsides(editor, body, word);
    if (word) {
      for (const inserted of body.querySelectorAll("ins")) inserted.replaceWith(...inserted.childNodes);
      return page.documentElement.outerHTML; // the editor's own filter for Word reads the styles
    }
    const isGoogleDocs = html.includes("docs-internal-guid-");
    for (const mark of body.querySelectorAll("[id^=docs-internal-guid-]")) mark.replaceWith(...mark.childNodes);
    useMarks(body);
    replaceTag(body, "del, strike", "s");
    for (const style of body.querySelectorAll("style")) style.remove();
    if (isGoogleDocs) {
      for (const paragraph of body.querySelectorAll("li > p")) paragraph.replaceWith(...paragraph.childNodes);
      // Line breaks between blocks are only space.
      for (const line of body.querySelectorAll(":scope > br")) line.remove();
    }
    return body.innerHTML;
  }

  // Sections have headings of level 2, so those within the text start at level 3.
  const lowerHeadings = (html) => html.replace(/<(\/?)h([12])\b/gi, "<$1h3").replace(/<(\/?)h([56])\b/gi, "<$1h4");

  // Images inside pasted text are data URLs, which are not stored: say so.
  function withoutImageData(editor, html) {
    if (!/<img[^>]+src\s*=\s*["']?(data|blob|file):/i.test(html)) return html;
    editor.showNotification(
      "The images in the pasted text were left out. Save them as files and insert them one by one.",
      "warning",
    );
    return html.replace(/<img[^>]+src\s*=\s*["']?(?:data|blob|file):[^>]*>/gi, "");
  }

  CKEDITOR.on("instanceCreated", ({ editor }) => {
    const read = (event) => {
      const { data } = event;
      const files = Array.from({ length: data.dataTransfer.getFilesCount() }, (_, i) => data.dataTransfer.getFile(i));
      const images = files.filter((file) => file?.type.startsWith("image/"));
      // Office programs add an image of the text to the text, and the text is what we want.
      if (images.length && !data.dataValue) {
        event.cancel();
        for (const image of images) newsroomAdmin.insertImage(editor, image);
      } else if (data.dataValue) {
        const isExternal = data.dataTransfer.getTransferType(editor) === CKEDITOR.DATA_TRANSFER_EXTERNAL;
        const html = (isExternal && data.dataTransfer.getData("text/html", true)) || data.dataValue;
        const tidied = isExternal ? tidy(editor, html) : data.dataValue;
        // The filter for Word reads the clipboard itself.
        if (isOfWord(html)) data.dataTransfer._.nativeHtmlCache = tidied;
        data.dataValue = withoutImageData(editor, lowerHeadings(tidied));
      }
    };
    // After the editor has taken the HTML from the clipboard (1), before it works on it (3).
    editor.on("paste", read, null, null, 2);
    editor.on("afterPasteFromWord", ({ data }) => (data.dataValue = lowerHeadings(data.dataValue)));
  });
})();
