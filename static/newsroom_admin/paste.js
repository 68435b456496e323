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
    ["sup", (style) => style.verticalAlign === "super" || parseFloat(style.verticalAlign) > 0 || raisedBy(style) > 0],
    ["sub", (style) => style.verticalAlign === "sub" || parseFloat(style.verticalAlign) < 0 || raisedBy(style) < 0],
  ];
  // Elements whose own style may take their mark from them.
  const UNMEANT = [
    ["b, strong", ({ fontWeight }) => fontWeight === "normal" || Number(fontWeight) <= 500 && fontWeight !== ""],
    ["i, em, cite, dfn, var", ({ fontStyle }) => fontStyle === "normal"],
    ["u, ins, s, strike, del", (style) => `${style.textDecoration} ${style.textDecorationLine}`.includes("none")],
    ["sup, sub", (style) => style.verticalAlign === "baseline" && !raisedBy(style)],
  ];

  // How far a style moves words up from where they stand.
  function raisedBy({ position, top, bottom }) {
    if (position !== "relative") return 0;
    return -(parseFloat(top) || 0) || parseFloat(bottom) || 0;
  }

  // What a rule of the pasted page's own style sheet may say about its text.
  const HIDING = ["display", "visibility", "opacity", "color", "background-color", "background-image", "text-indent", "clip", "clip-path"];
  const MARKING = ["font-weight", "font-style", "text-decoration-line", "vertical-align", "position", "top", "bottom"];

  const isOfWord = (html) => /class="?'?Mso|\bmso-|urn:schemas-microsoft-com/i.test(html);
  const styleOf = (element) => element.getAttribute("style") ?? "";

  // Puts what the rules of a page say into the styles of its elements: its classes mean nothing here.
  // Rules for other screens, within @media, are passed over.
  function applyStyleSheets(page, word) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync([...page.querySelectorAll("style")].map((style) => style.textContent.replace(/<!--|-->/g, "")).join("\n"));
    // The editor's filter for Word reads the other properties.
    const properties = word ? [...HIDING, ...MARKING.filter((name) => !name.startsWith("font-"))] : [...HIDING, ...MARKING];
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
    /display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|\bopacity\s*:\s*0(?:\.0*)?\s*(?:;|$)|\bscale\(\s*0\s*[,)]|\bopacity\(\s*0%?\s*\)|(?<![\w-])zoom\s*:\s*0\s*(?:;|$)|(?<![\w-])(?:left|right|top|bottom|text-indent|margin-left|margin-top)\s*:\s*-(?:\d{4}|\d{3}(?:r?em|v[wh]|%))/i;
  // As pages hide words from the eye and keep them for screen readers.
  const CLIPPED =
    /(?<![\w-])clip\s*:\s*rect\(\s*([01])(?:px)?(?:[\s,]+\1(?:px)?){3}\s*\)|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)/i;
  const isTiny = ({ style }) => [style.width, style.height].every((side) => /^[01]p[xt]$/.test(side));
  const isFlat = (e) =>
    e.style.overflow === "hidden" &&
    (isTiny(e) || [e.style.maxHeight, e.style.height].some((height) => /^0(?:p[xt])?$/.test(height)));

  // Classes whose words are for screen readers alone, by the frameworks that everybody uses.
  const FOR_SCREEN_READERS =
    /(?:^|(?<!\bnot)[_-])(?:sr|screen-?readers?)-?(?:only|text)(?:$|[_-])|^show-for-sr$|visually-?hidden|hidden-visually|hidden-accessible|assistive-text|^element-invisible$/i;
  const isForScreenReaders = ({ classList }) => [...classList].some((name) => FOR_SCREEN_READERS.test(name));

  // What the source hides, deleted or says beside the text: what it is called, and where it is.
  const ASIDES = [
    ["hidden text", (e) => HIDDEN.test(styleOf(e)) || CLIPPED.test(styleOf(e)) || isFlat(e) || isForScreenReaders(e) || e.hidden || e.localName === "template"],
    ["deleted text", (e, word) => e.localName === "del" && (word || /^mailto:/i.test(e.getAttribute("cite") ?? ""))],
    [
      "a comment",
      (e) =>
        /mso-element\s*:\s*comment/i.test(styleOf(e)) ||
        e.matches(".MsoCommentReference, .msocomanchor, .msocomtxt, .MsoCommentText, .msocomoff, a[href^='#cmnt']") ||
        (e.localName === "div" && e.querySelector("a[id^=cmnt]:not([id^=cmnt_ref])")),
    ],
  ];

  // What an issue cannot have.
  const MEDIA = new Map([
    ["video", "a video"],
    ["audio", "a recording"],
    ["iframe", "an embedded page"],
    ["embed", "an embedded object"],
    ["object", "an embedded object"],
  ]);
  // These only with words in them: most are signs of a page, such as arrows.
  const CONTROLS = new Map([
    ["svg", "a drawing"],
    ["canvas", "a drawing"],
    ["button", "a button"],
    ["select", "a choice"],
    ["textarea", "a field"],
  ]);

  function nameOfMedia(element) {
    const control = CONTROLS.get(element.localName);
    if (control) return `${control} (“${element.textContent.trim().replace(/\s+/g, " ").slice(0, 80)}”)`;
    const sources = [element, ...element.querySelectorAll("source, embed, iframe, param[name=movie], param[name=src]")];
    const found = sources.flatMap((e) => ["src", "data", "value"].map((name) => e.getAttribute(name)?.trim()));
    const address = found.find((written) => written && !/^(?:data|blob):/i.test(written));
    return MEDIA.get(element.localName) + (address ? ` (${address.slice(0, 200)})` : "");
  }

  // Pages count their readers by frames of one pixel.
  const isPixel = (element) => ["width", "height"].some((name) => /^[01](?:px)?$/.test(element.getAttribute(name)));

  // Takes the asides and the media out of the pasted page and says which there were.
  function takeOutAsides(editor, body, word) {
    const named = new Set();
    for (const element of body.querySelectorAll("*")) {
      if (!body.contains(element)) continue; // inside one that is gone already
      const aside = ASIDES.find(([, is]) => is(element, word));
      if (!aside) {
        const isControl = CONTROLS.has(element.localName);
        if (!isControl && !MEDIA.has(element.localName)) continue;
        if (isControl ? element.textContent.trim() : !isPixel(element)) named.add(nameOfMedia(element));
        element.remove();
        continue;
      }
      const words = (element.content ?? element).textContent.trim().replace(/\s+/g, " ");
      if (words && !/^\[\w{1,8}\]$/.test(words)) named.add(`${aside[0]} (“${words.slice(0, 80)}”)`);
      element.remove();
    }
    takeOutUnseen(body, named);
    if (named.size) editor.showNotification(`Left out of the paste: ${[...named].join("; ")}.`, "warning");
  }

  const STYLED_BLOCKS = "p, li, td, div, dd, dt, center";

  // The block whose style sets a property for these words, unless something inside it sets it again.
  function blockThatSets(property, words) {
    let e = words.parentElement;
    while (e && !e.style[property]) e = e.parentElement;
    return e?.matches(STYLED_BLOCKS) ? e : null;
  }

  // Headings and quotations are bold or slanted by a page's design.
  function useMarksOfBlocks(body, wanted = ["strong", "em", "s"]) {
    const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.push(walker.currentNode);
    const properties = { strong: "fontWeight", em: "fontStyle", s: "textDecorationLine" };
    const struck = new Set();
    for (const [tag, isMeant] of MEANINGS.filter(([name]) => wanted.includes(name))) {
      for (const words of texts) {
        const block = blockThatSets(properties[tag], words);
        if (!block || !isMeant(block.style)) continue;
        if (tag !== "s" && words.parentElement.closest("h1, h2, h3, h4, h5, h6, blockquote, th")) continue;
        const element = body.ownerDocument.createElement(tag);
        words.replaceWith(element);
        element.append(words);
        if (tag === "s") struck.add(block);
      }
    }
    return struck;
  }

  // The editor's filter for Word reads bold, italic and underlined words, and of raised and lowered
  // ones only the elements. It strikes what is struck already once more if the style of a paragraph,
  // its own or that of its class, says so, too.
  function markWordsOfWord(body) {
    for (const block of useMarksOfBlocks(body, ["s"])) block.style.textDecoration = "none";
    const meanings = MEANINGS.filter(([tag]) => ["s", "sup", "sub"].includes(tag));
    for (const span of body.querySelectorAll("span, font")) {
      for (const [tag, isMeant] of meanings) {
        if (!span.textContent.trim() || !isMeant(span.style) || span.closest(tag)) continue;
        const element = body.ownerDocument.createElement(tag);
        element.append(...span.childNodes);
        span.append(element);
      }
      for (const property of ["textDecoration", "verticalAlign", "position"]) span.style[property] = "";
    }
  }

  function useMarks(body) {
    useMarksOfBlocks(body);
    for (const [tags, isUnmeant] of UNMEANT) {
      for (const element of body.querySelectorAll(tags)) {
        if (isUnmeant(element.style)) element.replaceWith(...element.childNodes);
      }
    }
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

  // Formulas and ruby need more than one line; in one, they are written as document import does.
  function spellOut(body) {
    for (const beside of body.querySelectorAll("rp, annotation, annotation-xml")) beside.remove();
    for (const reading of body.querySelectorAll("rt")) {
      if (reading.textContent.trim()) reading.replaceWith(" (", ...reading.childNodes, ")");
    }
    for (const fraction of body.querySelectorAll("mfrac")) {
      for (const part of fraction.querySelectorAll(":scope > mrow")) {
        if (part.childElementCount > 1) part.replaceChildren("(", ...part.childNodes, ")");
      }
      fraction.firstElementChild?.after("/");
    }
    for (const tag of ["sup", "sub"]) {
      for (const script of body.querySelectorAll(`m${tag} > :nth-child(2)`)) {
        const raised = body.ownerDocument.createElement(tag);
        raised.append(...script.childNodes);
        script.replaceWith(raised);
      }
    }
    for (const part of [...body.querySelectorAll("math, math :not(sup, sub), ruby, rb, rtc")].reverse()) {
      part.replaceWith(...part.childNodes);
    }
  }

  const NUMBERING = { "upper-roman": "I", "lower-roman": "i", "upper-alpha": "A", "upper-latin": "A", "lower-alpha": "a", "lower-latin": "a" };

  function keepNumbering(body) {
    for (const list of body.querySelectorAll("ol:not([type])")) {
      // Google Docs says it of each item.
      const type = NUMBERING[list.style.listStyleType || list.querySelector(":scope > li")?.style.listStyleType];
      if (type) list.setAttribute("type", type);
    }
  }

  // Anchors that lead nowhere are marks of the source: of a comment, a bookmark, a contents page.
  function unwrapAnchors(body) {
    const ledTo = new Set([...body.querySelectorAll("a[href^='#']")].map((link) => link.getAttribute("href").slice(1)));
    for (const anchor of body.querySelectorAll("a:not([href]), a[href='']")) {
      if (anchor.id && ledTo.has(anchor.id)) continue;
      if (anchor.name && ledTo.has(anchor.name)) continue;
      anchor.replaceWith(...anchor.childNodes);
    }
  }

  // The element before, if nothing but space is between.
  function neighbourBefore(node) {
    let before = node.previousSibling;
    while (before && before.nodeType !== Node.ELEMENT_NODE && !(before.nodeType === Node.TEXT_NODE && before.data.trim())) {
      before = before.previousSibling;
    }
    return before?.nodeType === Node.ELEMENT_NODE ? before : null;
  }

  // Google Docs and old editors put a list into a list. It belongs to the item before it,
  // which may be the last one of the list before.
  function nestLists(body) {
    for (const line of body.querySelectorAll("ul > br, ol > br")) line.remove();
    for (const list of body.querySelectorAll("ul > ul, ul > ol, ol > ul, ol > ol")) {
      const outer = list.parentElement;
      const listBefore = neighbourBefore(outer);
      const items = [...(listBefore?.localName === outer.localName ? listBefore.children : []), ...outer.children];
      const item = items.slice(0, items.indexOf(list)).findLast((child) => child.localName === "li");
      if (item) item.append(list);
      else outer.before(list);
      if (!outer.childElementCount) outer.remove();
    }
  }

  // A web page saved by Word draws its lists: each item is a paragraph that starts with a bullet
  // or a number, and spaces of 7 points after it. Document import reads them so too.
  const DRAWN_BULLET = /^\s*[o§·•▪\uf0a7\uf0b7ØüvqŸ–-]\s+(?=\S)/;
  const DRAWN_NUMBER = /^\s*\(?(\d{1,3}|[a-zA-Z]|[ivxl]{1,7}|[IVXL]{1,7})[.)]\s+(?=\S)/;
  const ROMAN = { i: 1, v: 5, x: 10, l: 50 };

  const romanValue = (numeral) =>
    [...numeral].map((digit) => ROMAN[digit]).reduce((sum, value, at, all) => sum + (value < all[at + 1] ? -value : value), 0);

  // What a number can mean: its type in HTML, and its value.
  function readingsOf(written) {
    if (/\d/.test(written)) return [["1", Number(written)]];
    const small = written.toLowerCase();
    const is = (type) => (small === written ? type : type.toUpperCase());
    const alphabetic = small.length === 1 ? [[is("a"), small.charCodeAt(0) - 96]] : [];
    const roman = /^[ivxl]+$/.test(small) ? [[is("i"), romanValue(small)]] : [];
    return small === "i" ? [...roman, ...alphabetic] : [...alphabetic, ...roman];
  }

  // What a paragraph is drawn as: how long its mark is, and what it can number; null if no item.
  function drawnItem(paragraph) {
    const hasSpacer = [...paragraph.querySelectorAll("span")].some(
      (span) => /^(?:7pt|9\.33)/.test(span.style.fontSize) && span.textContent && !span.textContent.trim(),
    );
    if (!hasSpacer && !/^MsoList/.test(paragraph.className)) return null;
    const bullet = DRAWN_BULLET.exec(paragraph.textContent);
    if (bullet) return { length: bullet[0].length, readings: [["", 1]] };
    const number = DRAWN_NUMBER.exec(paragraph.textContent);
    if (!number || !(hasSpacer || /\d/.test(number[1]))) return null; // the initial of a name
    return { length: number[0].length, readings: readingsOf(number[1]) };
  }

  function dropCharacters(element, count) {
    const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let left = count;
    while (left && walker.nextNode()) {
      const taken = Math.min(left, walker.currentNode.length);
      walker.currentNode.deleteData(0, taken);
      left -= taken;
    }
  }

  function marginOf({ style: { marginLeft } }) {
    const points = { pt: 1, px: 0.75, in: 72, cm: 28.35, mm: 2.835 }[marginLeft.replace(/^[-.\d]+/, "")];
    return points ? parseFloat(marginLeft) * points : 36; // Word's own for items of the first level
  }

  function makeDrawnLists(body) {
    let opened = []; // the lists that the last item is in, the innermost last
    for (const paragraph of body.querySelectorAll("p[class^=Mso]")) {
      if (/mso-list\s*:\s*l\d/i.test(styleOf(paragraph))) continue; // the editor's own filter reads it
      const drawn = drawnItem(paragraph);
      if (!drawn) continue;
      if (neighbourBefore(paragraph) !== opened[0]?.list) opened = [];
      const margin = marginOf(paragraph);
      while (opened.length && opened.at(-1).margin > margin + 6) opened.pop();
      const above = opened.at(-1);
      const isDeeper = above && margin > above.margin + 6;
      const [type, number] = (!isDeeper && drawn.readings.find(([of]) => of === above?.type)) || drawn.readings[0];
      const item = body.ownerDocument.createElement("li");
      item.className = paragraph.className;
      if (!above || isDeeper || above.type !== type) {
        const list = body.ownerDocument.createElement(type ? "ol" : "ul");
        if (type && type !== "1") list.setAttribute("type", type);
        if (number !== 1) list.setAttribute("start", number);
        if (!above) paragraph.before(list);
        else if (isDeeper) above.list.lastElementChild.append(list);
        else {
          above.list.after(list);
          opened.pop();
        }
        opened.push({ list, type, margin, next: number });
      }
      const into = opened.at(-1);
      if (type && number !== into.next) item.setAttribute("value", number);
      into.next = number + 1;
      dropCharacters(paragraph, drawn.length);
      item.append(...paragraph.childNodes);
      into.list.append(item);
      paragraph.remove();
    }
  }

  // A number of several levels, such as '1.2', which no list shows, stays in front of its words.
  function spellOutLevels(body) {
    for (const paragraph of body.querySelectorAll("p[style*=mso-list]")) {
      const mark = [...paragraph.querySelectorAll("span")].find((span) => /mso-list\s*:\s*ignore/i.test(styleOf(span)));
      const number = mark?.textContent.trim();
      if (!/^\d{1,3}(?:\.\d{1,3})+[.)]?$/.test(number)) continue;
      mark.replaceWith(`${number} `);
      paragraph.setAttribute("style", styleOf(paragraph).replace(/mso-list[^;]*;?/i, ""));
      paragraph.className = "MsoNormal";
    }
  }

  function replaceTag(body, from, to) {
    for (const element of body.querySelectorAll(from)) {
      const made = body.ownerDocument.createElement(to);
      made.className = element.className;
      made.style.textAlign = element.style.textAlign || element.align || "";
      made.append(...element.childNodes);
      element.replaceWith(made);
    }
  }

  // What a page folds away is text, too: its line above it is a paragraph.
  function unfold(body) {
    replaceTag(body, "summary", "p");
    for (const folded of body.querySelectorAll("details")) folded.replaceWith(...folded.childNodes);
  }

  // Styles for quotations, Word's own and those of a house, which paragraphs have one by one.
  const QUOTE_CLASS =
    /^(?!.*(?:autor|author|source|name|attribution|caption|by$))(?:[\w-]*(?:quote|blocktext|zitat|citaat|citazione|cytat)[\w-]*|citation|citat|cita)$/i;

  function makeQuotations(body) {
    for (const paragraph of body.querySelectorAll("p[class]")) {
      if (![...paragraph.classList].some((name) => QUOTE_CLASS.test(name))) continue;
      const before = neighbourBefore(paragraph);
      const quotation = before?.matches("blockquote.MsoQuote") ? before : body.ownerDocument.createElement("blockquote");
      if (quotation !== before) {
        quotation.className = "MsoQuote";
        paragraph.before(quotation);
      }
      paragraph.className = "MsoNormal";
      quotation.append(paragraph);
    }
  }

  function tidy(editor, html) {
    const word = isOfWord(html);
    const page = new DOMParser().parseFromString(html, "text/html");
    const { body } = page;
    applyStyleSheets(page, word);
    takeOutAsides(editor, body, word);
    unwrapAnchors(body);
    unfold(body);
    spellOut(body);
    keepNumbering(body);
    nestLists(body);
    if (word) {
      markWordsOfWord(body);
      spellOutLevels(body);
      makeDrawnLists(body);
      makeQuotations(body);
      replaceTag(body, "p[class^=MsoTitle], p[class^=MsoSubtitle]", "h1");
      for (const inserted of body.querySelectorAll("ins")) inserted.replaceWith(...inserted.childNodes);
      return page.documentElement.outerHTML; // the editor's own filter for Word reads the styles
    }
    const isGoogleDocs = html.includes("docs-internal-guid-");
    for (const mark of body.querySelectorAll("[id^=docs-internal-guid-]")) mark.replaceWith(...mark.childNodes);
    useMarks(body);
    replaceTag(body, "del, strike", "s");
    replaceTag(body, "cite, dfn", "em");
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
        // The editor's own filters, which take more for Word's than we do, read the clipboard itself.
        if (isExternal) data.dataTransfer._.nativeHtmlCache = tidied;
        data.dataValue = withoutImageData(editor, lowerHeadings(tidied));
      }
    };
    // After the editor has taken the HTML from the clipboard (1), before it works on it (3).
    editor.on("paste", read, null, null, 2);
    editor.on("afterPasteFromWord", ({ data }) => {
      const { body } = new DOMParser().parseFromString(data.dataValue, "text/html");
      keepNumbering(body); // the editor's filter writes it as a style
      for (const marked of body.querySelectorAll("s s, sup sup, sub sub")) marked.replaceWith(...marked.childNodes);
      data.dataValue = lowerHeadings(body.innerHTML);
    });
  });
})();
