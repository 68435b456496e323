// "Copy link". Without this script it is a link to the page itself, which can be copied too.
for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", async (event) => {
    if (!navigator.clipboard) return;
    event.preventDefault();
    const status = link.closest("nav").querySelector("[data-copied]");
    try {
      await navigator.clipboard.writeText(link.href);
      status.textContent = status.dataset.copied;
    } catch {
      status.textContent = link.href;
    }
  });
}
