// Looks for new letters every two seconds while the page is seen, and puts them into the list.
"use strict";

const EVERY = 2000; // milliseconds

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The newsroom is being restarted: ask again later.
    }
  }
  setTimeout(look, EVERY);
}

function replace(fresh) {
  const now = document.getElementById("letters");
  const next = fresh.getElementById("letters");
  if (!next || next.dataset.latest === now.dataset.latest) return;
  const focused = document.activeElement?.getAttribute("href");
  now.replaceWith(document.adoptNode(next));
  if (focused) document.querySelector(`#letters a[href="${CSS.escape(focused)}"]`)?.focus();
}

setTimeout(look, EVERY);
