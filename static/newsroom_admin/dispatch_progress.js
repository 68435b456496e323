// Keeps the progress page's figures fresh; without it the page shows them as they were when opened.
(() => {
  const page = document.querySelector("[data-figures]");
  if (!page || !["pending", "sending"].includes(page.dataset.state)) return;

  const show = (figures) => {
    page.querySelector("progress").value = figures.share_done;
    for (const words of page.querySelectorAll("[data-words]")) {
      words.textContent = figures[words.dataset.words];
    }
    for (const cell of page.querySelectorAll("[data-count]")) {
      cell.textContent = figures.deliveries[cell.dataset.count].toLocaleString("en-GB");
    }
  };

  const look = async () => {
    try {
      const answer = await fetch(page.dataset.figures, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      const figures = await answer.json();
      show(figures);
      // Another state has other buttons: the server writes the page anew.
      if (figures.state !== page.dataset.state) return location.reload();
    } catch (failure) {
      console.info("The figures will be asked for again:", failure.message);
    }
    setTimeout(look, document.hidden ? 5000 : 1000);
  };
  setTimeout(look, 1000);
})();
