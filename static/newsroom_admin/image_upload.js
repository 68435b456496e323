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

  // The dialog's own upload uses a frame with inline scripts, which the admin's content security policy
  // forbids. This is a plain file field instead.
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
              status.textContent = "Uploading…";
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
    // The first tab for a new image; for an existing one, its details come first.
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
      "Alternative text: what the image shows, for people who cannot see it";
  });
})();
