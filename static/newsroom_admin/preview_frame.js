// What both previews do to the page in their frame, which runs no script of its own.
"use strict";
window.newsroomPreview = {
  // Links lead out of the frame, into a tab; those to a section of the page itself stay in it.
  openLinksOutside(shown) {
    for (const link of shown.querySelectorAll("a[href]:not([href^='#'])")) {
      link.target = "_blank";
      link.rel = "noopener";
    }
  },
  // Light or dark, whatever this computer is set to: the rules for dark apply always or never.
  setScheme(shown, scheme) {
    shown.documentElement.style.colorScheme = scheme;
    for (const sheet of shown.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (!(rule instanceof shown.defaultView.CSSMediaRule)) continue;
        rule.newsroomCondition ??= rule.media.mediaText;
        const wanted = rule.newsroomCondition.match(/prefers-color-scheme:\s*(dark|light)/)?.[1];
        if (wanted) rule.media.mediaText = wanted === scheme ? "all" : "not all";
      }
    }
  },
};
