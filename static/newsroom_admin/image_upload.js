// Images: uploaded to the server, which encodes them again, then inserted into the text.
"use strict";
(() => {
  const { CKEDITOR } = window;
  window.newsroomAdmin ??= {};
  const REFUSED =
    "The image was not uploaded: you are logged out, or you do not have permission to write issues. Log in again in another tab, then upload it again.";

  // Returns {url, width, height}; throws an Error whose message says why not.
  async function send(editor, file) {
    const body = new FormData();
    body.append("upload", file, file.name || "image.png");
    const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
    let answer;
    try {
      const response = await fetch(editor.config.pictureUploadUrl, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": token },
      });
      const isAnswer = response.headers.get("Content-Type")?.includes("json");
      answer = isAnswer ? await response.json() : { error: { message: REFUSED } };
    } catch {
      answer = { error: { message: "The image was not uploaded. Check your connection and try again." } };
    }
    if (!answer.uploaded) throw new Error(answer.error.message);
    return answer;
  }

  newsroomAdmin.uploadImage = send;
  newsroomAdmin.insertImage = async (editor, file) => {
    const note = editor.showNotification(`Uploading ${file.name || "the image"}…`, "progress", 0);
    try {
      const { url, width, height } = await send(editor, file);
      const image = editor.document.createElement("img");
      image.setAttributes({ src: url, alt: "", width, height });
      editor.insertElement(image);
      editor.fire("saveSnapshot");
      editor.showNotification("Image inserted. Double-click it to add alternative text.", "success", 8000);
    } catch (refusal) {
      editor.showNotification(refusal.message, "warning");
    } finally {
      note.hide();
    }
  };
})();
