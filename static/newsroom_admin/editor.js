// The editor: how its words come into the form.
"use strict";
(() => {
  const { CKEDITOR } = window;
  window.newsroomAdmin ??= {};

  CKEDITOR.disableAutoInline = true;

  // Words that were put in by a script count as typed; else what the editor itself calls dirty.
  const placed = new WeakSet();
  const isTyped = (editor) => placed.has(editor) || (editor.status === "ready" && editor.checkDirty());
  const editorOf = (area) => CKEDITOR.instances[area.id];

  // Untouched text goes back as it came: the editor would rewrite its markup, and an approval of the
  // very same words would fall.
  newsroomAdmin.wordsOf = (area) => {
    const editor = editorOf(area);
    return editor && isTyped(editor) ? editor.getData() : area.value;
  };
  newsroomAdmin.putWords = (area, html) => {
    const editor = editorOf(area);
    area.value = html;
    if (!editor) return;
    placed.add(editor);
    if (editor.status === "ready") editor.setData(html);
    else editor.on("instanceReady", () => editor.setData(html));
  };
  newsroomAdmin.collectWords = (form) => {
    for (const area of form.querySelectorAll("textarea[data-type=ckeditortype]")) area.value = newsroomAdmin.wordsOf(area);
  };
  newsroomAdmin.isTyped = (area) => Boolean(editorOf(area) && isTyped(editorOf(area)));

  CKEDITOR.on("instanceReady", ({ editor }) => {
    const area = editor.element.$;
    editor.on("change", () => area.dispatchEvent(new Event("newsroom:typed", { bubbles: true })));
    const space = editor.editable().$;
    space.setAttribute("aria-multiline", "true");
    area.dispatchEvent(new Event("newsroom:ready", { bubbles: true }));
  });
})();
