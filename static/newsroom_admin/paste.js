// What comes by the clipboard or is dropped: documents from elsewhere, and pictures.
"use strict";
(() => {
  const { CKEDITOR } = window;

  // Google Docs says everything by style on spans. The editor's own filter for it throws, and loses
  // the whole paste, over a span that has or comes to have no style; so it is off, and this reads
  // the styles as what they mean. What an issue does not have, the allow-list drops afterwards.
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
        if (tag === "u" && span.closest("a")) continue; // a link's line is no emphasis
        if (tag === "strong" && span.closest("h1, h2, h3, h4, h5, h6")) continue;
        const element = body.ownerDocument.createElement(tag);
        element.append(...inner);
        inner = [element];
      }
      span.replaceWith(...inner);
    }
    for (const paragraph of body.querySelectorAll("li > p")) paragraph.replaceWith(...paragraph.childNodes);
    // Empty lines between blocks are space, and space is the page's.
    for (const line of body.querySelectorAll(":scope > br")) line.remove();
    return body.innerHTML;
  }

  // An issue's sections have headings of their own; those within a text are of the third rank.
  const rankHeadings = (html) => html.replace(/<(\/?)h([12])\b/gi, "<$1h3").replace(/<(\/?)h([56])\b/gi, "<$1h4");

  // Pictures inside a pasted text are data that is not kept: say so rather than lose them silently.
  function withoutData(editor, html) {
    if (!/<img[^>]+src\s*=\s*["']?(data|blob|file):/i.test(html)) return html;
    editor.showNotification(
      "The pictures in the pasted text did not come along. Save them as files and put them in one by one.",
      "warning",
    );
    return html.replace(/<img[^>]+src\s*=\s*["']?(?:data|blob|file):[^>]*>/gi, "");
  }

  CKEDITOR.on("instanceCreated", ({ editor }) => {
    const read = (event) => {
      const { data } = event;
      const files = Array.from({ length: data.dataTransfer.getFilesCount() }, (_, i) => data.dataTransfer.getFile(i));
      const pictures = files.filter((file) => file?.type.startsWith("image/"));
      // Office programs send a picture of the text along with the text: the text is meant.
      if (pictures.length && !data.dataValue) {
        event.cancel();
        for (const picture of pictures) newsroomAdmin.placePicture(editor, picture);
      } else if (data.dataValue) {
        data.dataValue = withoutData(editor, rankHeadings(tidyGoogleDocs(data.dataValue)));
      }
    };
    // After the editor has taken the HTML from the clipboard (1), before it works on it (3).
    editor.on("paste", read, null, null, 2);
    editor.on("afterPasteFromWord", ({ data }) => (data.dataValue = rankHeadings(data.dataValue)));
  });
})();
