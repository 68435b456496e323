// Pictures: sent to the desk, which draws them anew, then put in with words for those who do not see.
"use strict";
(() => {
  const { CKEDITOR } = window;
  window.newsroomAdmin ??= {};
  const REFUSED =
    "The picture was not taken: you are logged out, or may not write issues. Log in again in another tab, then send it once more.";

  // Gives back {url, width, height}; throws an Error with a sentence.
  async function send(editor, file) {
    const body = new FormData();
    body.append("upload", file, file.name || "picture.png");
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
      answer = { error: { message: "The picture did not arrive. Is the network there? Try again." } };
    }
    if (!answer.uploaded) throw new Error(answer.error.message);
    return answer;
  }

  newsroomAdmin.placePicture = async (editor, file) => {
    const note = editor.showNotification(`Sending ${file.name || "the picture"}…`, "progress", 0);
    try {
      const { url, width, height } = await send(editor, file);
      const image = editor.document.createElement("img");
      image.setAttributes({ src: url, alt: "", width, height });
      editor.insertElement(image);
      editor.fire("saveSnapshot");
      editor.showNotification("The picture is in. Double-click it to write its alternative text.", "success", 8000);
    } catch (refusal) {
      editor.showNotification(refusal.message, "warning");
    } finally {
      note.hide();
    }
  };

  // The dialog's own upload lives in a frame that runs scripts of its own making, which the desk's
  // policy forbids; this is a plain field in its place.
  function addUpload(dialog) {
    const field = CKEDITOR.tools.getNextId();
    const upload = {
      id: "admin-upload",
      label: "From this computer",
      elements: [
        {
          type: "html",
          html:
            `<div class="admin-upload"><label for="${field}">A JPEG, PNG, WebP or GIF, up to 10 MB</label>` +
            `<input type="file" id="${field}" accept="image/jpeg,image/png,image/webp,image/gif">` +
            `<p role="status" id="${field}-status"></p></div>`,
          onLoad() {
            const box = this.getDialog();
            const input = document.getElementById(field);
            const status = document.getElementById(`${field}-status`);
            input.addEventListener("change", async () => {
              if (!input.files.length) return;
              status.textContent = "Sending…";
              try {
                const { url, width, height } = await send(box.getParentEditor(), input.files[0]);
                box.setValueOf("info", "txtUrl", url);
                box.setValueOf("info", "txtWidth", String(width));
                box.setValueOf("info", "txtHeight", String(height));
                status.textContent = "";
                box.selectPage("info");
                box.getContentElement("info", "txtAlt").focus();
              } catch (refusal) {
                status.textContent = refusal.message;
              }
              input.value = "";
            });
            box.on("hide", () => (status.textContent = ""));
          },
        },
      ],
    };
    // First, for a new picture; for one that is there, what is said of it comes first.
    dialog.addContents(upload, "info");
    const show = dialog.onShow;
    dialog.onShow = function onShow(...given) {
      show?.apply(this, given);
      this.selectPage(this.imageEditMode ? "info" : "admin-upload");
      if (!this.imageEditMode) setTimeout(() => document.getElementById(field)?.focus());
    };
  }

  CKEDITOR.on("dialogDefinition", ({ data }) => {
    if (data.name !== "image") return;
    addUpload(data.definition);
    data.definition.getContents("info").get("txtAlt").label =
      "Alternative text: what is to be seen, for those who do not see it";
  });
})();
