// Keeps the figures of the progress page up to date. Without it, they stay as they were on loading.
(() => {
  const page = document.querySelector("[data-figures]");
  if (!page || !["pending", "sending"].includes(page.dataset.state)) return;

  const show = (figures) => {
    page.querySelector("progress").value = figures.share_done;
    for (const words of page.querySelectorAll("[data-words]")) {
      words.textContent = figures[words.dataset.words];
    }
    for (const cell of page.querySelectorAll("[data-count]")) {
      const number = figures.deliveries[cell.dataset.count];
      cell.textContent = number.toLocaleString("en-GB");
      cell.closest("tr").hidden = number === 0;
    }
    const total = Object.values(figures.deliveries).reduce((sum, number) => sum + number, 0);
    const table = page.querySelector("[data-counts]");
    table.hidden = total === 0;
    table.caption.textContent = `${total.toLocaleString("en-GB")} email${total === 1 ? "" : "s"}`;
  };

  const update = async () => {
    try {
      const response = await fetch(page.dataset.figures, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(response.statusText);
      const figures = await response.json();
      show(figures);
      // In another state the page has other buttons.
      if (figures.state !== page.dataset.state) return location.reload();
    } catch (failure) {
      console.info("The figures could not be loaded; trying again:", failure.message);
    }
    setTimeout(update, document.hidden ? 5000 : 1000);
  };
  setTimeout(update, 1000);
})();
