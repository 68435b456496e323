// The page with the HTML of the form for other sites: a button that copies it, where browsers can.

const button = document.querySelector("[data-copy]");
const status = document.querySelector("[data-copied]");
const formHtml = document.getElementById("form-html");

if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(formHtml.value);
      status.textContent = status.dataset.copied;
    } catch {
      formHtml.select();
      status.textContent = status.dataset.selected;
    }
  });
}
