// Keeps the progress of an import fresh; without it the page shows it as it was when opened.
(() => {
  const page = document.querySelector("[data-importing]");
  if (!page || !["checking", "importing"].includes(page.dataset.state)) return;

  const look = async () => {
    try {
      const answer = await fetch(page.dataset.importing, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      const figures = await answer.json();
      // Another state has another page: the server writes it anew.
      if (figures.state !== page.dataset.state) return location.reload();
      page.querySelector("progress").value = figures.share_done;
      const words = page.querySelector("[data-words]");
      if (words.textContent !== figures.words) words.textContent = figures.words;
    } catch (failure) {
      console.info("The progress will be asked for again:", failure.message);
    }
    setTimeout(look, document.hidden ? 5000 : 1000);
  };
  setTimeout(look, 500);
})();
