// The text editor: how its text gets into the form.
"use strict";
(() => {
  const { CKEDITOR } = window;
  window.newsroomAdmin ??= {};

  CKEDITOR.disableAutoInline = true;

  // Text that a script put in counts as typed; otherwise what the editor itself calls dirty.
  const filled = new WeakSet();
  const isTyped = (editor) => filled.has(editor) || (editor.status === "ready" && editor.checkDirty());
  const editorOf = (area) => CKEDITOR.instances[area.id];

  // Text that nobody changed is sent back as it came: the editor would rewrite its markup, which would
  // void the approval.
  newsroomAdmin.textOf = (area) => {
    const editor = editorOf(area);
    return editor && isTyped(editor) ? editor.getData() : area.value;
  };
  newsroomAdmin.setText = (area, html) => {
    const editor = editorOf(area);
    area.value = html;
    if (!editor) return;
    filled.add(editor);
    if (editor.status === "ready") editor.setData(html);
    else editor.on("instanceReady", () => editor.setData(html));
  };
  newsroomAdmin.fillForm = (form) => {
    for (const area of form.querySelectorAll("textarea[data-type=ckeditortype]")) area.value = newsroomAdmin.textOf(area);
  };
  // An editor that is still starting fails if its place is gone: wait for it.
  newsroomAdmin.closeEditor = (area, then) => {
    const editor = editorOf(area);
    const close = () => {
      editor?.destroy(true);
      then();
    };
    if (!editor || editor.status === "ready") close();
    else editor.on("instanceReady", () => setTimeout(close));
  };
  newsroomAdmin.isTyped = (area) => Boolean(editorOf(area) && isTyped(editorOf(area)));

  CKEDITOR.on("instanceReady", ({ editor }) => {
    const area = editor.element.$;
    editor.on("change", () => area.dispatchEvent(new Event("newsroom:typed", { bubbles: true })));
    // The editor looks where the cursor is a moment after each key; a dialog that opens sooner would
    // put its link or picture before the last characters.
    editor.on("beforeCommandExec", ({ data }) => {
      if (!["link", "image"].includes(data.name)) return;
      editor.forceNextSelectionCheck();
      editor.selectionChange(true);
    });
    const space = editor.editable().$;
    space.setAttribute("aria-multiline", "true");
    // An empty one has no frame, so it says where to write.
    const invite = () => space.classList.toggle("is-empty", !space.textContent.trim() && !space.querySelector("img, table, hr, li"));
    invite();
    editor.on("change", invite);
    editor.on("dataReady", invite);
    area.dispatchEvent(new Event("newsroom:ready", { bubbles: true }));
  });
})();
