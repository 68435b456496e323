// The form for other sites: a button that copies it, where the browser can.

const button = document.querySelector("[data-copy-snippet]");
const told = document.querySelector("[data-copied]");
const snippet = document.getElementById("snippet");

if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(snippet.value);
      told.textContent = "Copied.";
    } catch {
      snippet.select();
      told.textContent = "Selected: copy it with your keyboard.";
    }
  });
}
