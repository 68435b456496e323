// What comes by the clipboard or is dropped: documents from elsewhere, and pictures.
"use strict";
(() => {
  const { CKEDITOR } = window;

  // The editor's filter for Google Docs throws, and loses the whole paste, over a span that has or
  // comes to have no style. So each span keeps one, and what they say by style is said by tags.
  const STRUCK = [["underline", "u"], ["line-through", "s"]];
  function repair(html) {
    if (!/docs-internal-guid|<span/i.test(html)) return html;
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const span of page.body.querySelectorAll("span")) {
      const line = `${span.style.textDecoration} ${span.style.textDecorationLine}`;
      span.style.removeProperty("text-decoration");
      span.style.removeProperty("text-decoration-line");
      // The colour of common ink: it is filtered out again, but stands as a style until then.
      if (!span.style.length) span.style.color = "rgb(0, 0, 0)";
      if (span.closest("a")) continue; // a link's line is no emphasis
      for (const [name, tag] of STRUCK) {
        if (!line.includes(name)) continue;
        const mark = page.createElement(tag);
        mark.append(...span.childNodes);
        span.append(mark);
      }
    }
    return page.body.innerHTML;
  }

  // Pictures inside a pasted text are data that is not kept, or files on another site that readers
  // will not see: say so rather than lose them silently.
  function withoutData(editor, html) {
    if (!/<img[^>]+src\s*=\s*["']?(data|blob|file):/i.test(html)) return html;
    editor.showNotification(
      "The pictures in the pasted text did not come along. Save them as files and put them in one by one.",
      "warning",
    );
    return html.replace(/<img[^>]+src\s*=\s*["']?(?:data|blob|file):[^>]*>/gi, "");
  }

  async function send(editor, file) {
    const body = new FormData();
    body.append("upload", file, file.name || "picture.png");
    const note = editor.showNotification(`Sending ${file.name || "the picture"}…`, "progress", 0);
    let answer;
    try {
      const response = await fetch(editor.config.filebrowserImageUploadUrl, {
        method: "POST",
        body,
        headers: editor.config.fileTools_requestHeaders,
        credentials: "same-origin",
      });
      answer = response.headers.get("Content-Type")?.includes("json")
        ? await response.json()
        : { error: { message: editor.lang.filetools.httpError403 } };
    } catch {
      answer = { error: { message: "The picture did not arrive. Is the network there? Try again." } };
    }
    note.hide();
    if (!answer.uploaded) {
      editor.showNotification(answer.error.message, "warning");
      return;
    }
    const image = editor.document.createElement("img");
    image.setAttributes({ src: answer.url, alt: "", width: answer.width, height: answer.height });
    editor.insertElement(image);
    editor.showNotification("The picture is in. Double-click it to write its alternative text.", "success", 8000);
  }

  CKEDITOR.on("instanceCreated", ({ editor }) => {
    editor.on(
      "paste",
      (event) => {
        const { data } = event;
        const files = [];
        for (let i = 0; i < data.dataTransfer.getFilesCount(); i++) files.push(data.dataTransfer.getFile(i));
        const pictures = files.filter((file) => file?.type.startsWith("image/"));
        // Office programs send a picture of the text along with the text: the text is meant.
        if (pictures.length && !data.dataValue) {
          event.cancel();
          for (const picture of pictures) send(editor, picture);
          return;
        }
        if (data.dataValue) data.dataValue = withoutData(editor, repair(data.dataValue));
      },
      null,
      null,
      1,
    );
  });
})();
