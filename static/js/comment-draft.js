// What a reader has typed in the comment form stays in this tab until it is sent: before that, they may
// recommend or report a comment, ask for another order, or follow a link. Nothing of it leaves the browser.
// A module, because its names would meet those of the other scripts.
const form = document.querySelector("#comment-form form");
const SENT = "sent comment"; // where the name of the draft that was sent last is kept
const KEPT = ["body", "passage", "section", "name", "email", "quoting", "emails_on_replies"];
const draft = form && `comment ${new URL(form.action).pathname} ${form.elements.reply_to.value}`;

// Without a storage, everything works but this.
function inStorage(act) {
  try {
    return act(sessionStorage);
  } catch {
    return null;
  }
}

function keep() {
  const fields = KEPT.map((name) => form.elements[name]).filter(Boolean);
  const values = fields.map((field) => [
    field.name,
    field.type === "checkbox" ? field.checked : field.value,
  ]);
  inStorage((storage) => {
    if (form.elements.body.value.trim()) storage.setItem(draft, JSON.stringify(values));
    else storage.removeItem(draft);
  });
}

function putBack() {
  if (form.elements.body.value) return; // the page or the browser brought what was typed
  const kept = inStorage((storage) => JSON.parse(storage.getItem(draft))) ?? [];
  // A link below a section has chosen what the comment is about.
  const isAbout = new URLSearchParams(location.search).has("about");
  for (const [name, value] of kept) {
    const field = form.elements[name];
    if (!field || (isAbout && ["passage", "section"].includes(name))) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    if (field.selectedIndex === -1) field.selectedIndex = 0; // a choice that is gone
  }
  const chosenWords = document.getElementById("chosen-words");
  const words = form.elements.passage.value;
  if (!words || !chosenWords) return;
  chosenWords.querySelector("bdi").textContent = words;
  chosenWords.hidden = false;
}

if (document.querySelector("[data-comment-sent]")) {
  inStorage((storage) => {
    storage.removeItem(storage.getItem(SENT));
    storage.removeItem(SENT);
  });
} else if (form) {
  putBack();
  form.addEventListener("input", keep);
  form.addEventListener("submit", () => inStorage((storage) => storage.setItem(SENT, draft)));
  addEventListener("pagehide", keep);
}
