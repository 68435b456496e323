// The page of a preview: a frame as high as what it shows, and links that open beside it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const frame = document.querySelector("[data-preview-frame] iframe");
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
    fit();
    for (const image of shown.images) image.addEventListener("load", fit);
    shown.fonts?.ready.then(fit);
  };
  window.newsroomPreview = {
    // Links of the page itself lead out of the frame; those to its own sections stay in it.
    openLinksOutside(shown) {
      for (const link of shown.querySelectorAll("a[href]:not([href^='#'])")) {
        link.target = "_blank";
        link.rel = "noopener";
      }
    },
  };
  frame.style.minBlockSize = "0";
  frame.addEventListener("load", ready);
  if (frame.contentDocument?.readyState === "complete") ready();
  addEventListener("resize", fit);
});
