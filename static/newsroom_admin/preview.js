// The page of a preview: a frame as high as what it shows, in the chosen colours.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-preview-frame]");
  const frame = box?.querySelector("iframe");
  if (!frame) return;
  const fit = () => {
    const page = frame.contentDocument?.documentElement;
    if (!page) return;
    frame.style.blockSize = "0";
    frame.style.blockSize = `${page.scrollHeight + 1}px`;
  };
  const ready = () => {
    const shown = frame.contentDocument;
    if (!shown?.body || shown.URL === "about:blank") return;
    newsroomPreview.openLinksOutside(shown);
    newsroomPreview.setScheme(shown, box.dataset.previewFrame);
    fit();
    for (const image of shown.images) image.addEventListener("load", fit);
    shown.fonts?.ready.then(fit);
  };
  for (const hidden of document.querySelectorAll("[data-needs-script]")) hidden.hidden = false;
  frame.style.minBlockSize = "0";
  frame.addEventListener("load", ready);
  if (frame.contentDocument?.readyState === "complete") ready();
  addEventListener("resize", fit);
});
