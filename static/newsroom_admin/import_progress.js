// Updates the progress of an import. Without it the page shows it as it was when it was loaded.
(() => {
  const page = document.querySelector("[data-importing]");
  if (!page || !["checking", "importing"].includes(page.dataset.state)) return;

  const update = async () => {
    try {
      const response = await fetch(page.dataset.importing, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(response.statusText);
      const figures = await response.json();
      // Another state has another page, so reload it.
      if (figures.state !== page.dataset.state) return location.reload();
      page.querySelector("progress").value = figures.share_done;
      const words = page.querySelector("[data-words]");
      if (words.textContent !== figures.words) words.textContent = figures.words;
    } catch (failure) {
      console.info("We will ask for the progress again:", failure.message);
    }
    setTimeout(update, document.hidden ? 5000 : 1000);
  };
  setTimeout(update, 500);
})();
