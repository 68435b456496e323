// Text and images that are pasted or dropped.
"use strict";
(() => {
  const { CKEDITOR } = window;

  // Google Docs expresses everything with styles on spans. The editor's own filter for it throws, and
  // loses the whole paste, at a span without a style. So that filter is off, and this one turns styles
  // into elements. The allow-list drops afterwards what an issue cannot have.
  const MEANINGS = [
    ["strong", ({ fontWeight }) => fontWeight === "bold" || Number(fontWeight) >= 600],
    ["em", ({ fontStyle }) => fontStyle === "italic"],
    ["u", ({ textDecoration, textDecorationLine }) => `${textDecoration} ${textDecorationLine}`.includes("underline")],
    ["s", ({ textDecoration, textDecorationLine }) => `${textDecoration} ${textDecorationLine}`.includes("line-through")],
    ["sup", ({ verticalAlign }) => verticalAlign === "super"],
    ["sub", ({ verticalAlign }) => verticalAlign === "sub"],
  ];

  function tidyGoogleDocs(html) {
    if (!html.includes("docs-internal-guid-")) return html;
    const { body } = new DOMParser().parseFromString(html, "text/html");
    for (const mark of body.querySelectorAll("[id^=docs-internal-guid-]")) mark.replaceWith(...mark.childNodes);
    for (const span of body.querySelectorAll("span")) {
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
    for (const paragraph of body.querySelectorAll("li > p")) paragraph.replaceWith(...paragraph.childNodes);
    // Line breaks between blocks are only space.
    for (const line of body.querySelectorAll(":scope > br")) line.remove();
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
        data.dataValue = withoutImageData(editor, lowerHeadings(tidyGoogleDocs(data.dataValue)));
      }
    };
    // After the editor has taken the HTML from the clipboard (1), before it works on it (3).
    editor.on("paste", read, null, null, 2);
    editor.on("afterPasteFromWord", ({ data }) => (data.dataValue = lowerHeadings(data.dataValue)));
  });
})();
