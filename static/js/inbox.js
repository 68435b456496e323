// Checks for new emails every two seconds while the page is visible, and updates the list.
"use strict";

const INTERVAL = 2000; // milliseconds

async function refresh() {
  if (!document.hidden) {
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (response.ok) update(new DOMParser().parseFromString(await response.text(), "text/html"));
    } catch {
      // The server is restarting: try again at the next interval.
    }
  }
  setTimeout(refresh, INTERVAL);
}

function update(page) {
  const current = document.getElementById("emails");
  const latest = page.getElementById("emails");
  if (!latest || latest.dataset.latest === current.dataset.latest) return;
  const focused = document.activeElement?.getAttribute("href");
  current.replaceWith(document.adoptNode(latest));
  if (focused) document.querySelector(`#emails a[href="${CSS.escape(focused)}"]`)?.focus();
}

setTimeout(refresh, INTERVAL);
